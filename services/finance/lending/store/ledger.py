"""Ledgers counted anew from what was signed, paid, repaid and received, and held against every balance that is kept."""

from uuid import UUID

from sqlalchemy import text

from shared.db.transaction import Transaction
from shared.db.verification import Check

_OWED = """
    owed AS (
        SELECT id, enterprise_uscc, amount_fen, amount_fen - coalesce(
            (SELECT sum(amount_fen) FROM repayment WHERE drawdown_id = note.id), 0)::bigint AS fen
        FROM drawdown AS note
    )
"""
LEDGERS = (
    Check(
        "额度等于合同、借据与还款之和",
        "each line is the sum of its contracts, notes and repayments",
        f"""
        WITH {_OWED},
            drawn AS (SELECT enterprise_uscc AS uscc, sum(fen) AS fen FROM owed GROUP BY 1),
            reserved AS (
                SELECT enterprise_uscc AS uscc, sum(principal_fen - released_fen - (
                    SELECT coalesce(sum(amount_fen), 0) FROM drawdown WHERE loan_id = loan.id)) AS fen
                FROM loan GROUP BY 1
            )
        SELECT line.uscc FROM credit_line AS line
        LEFT JOIN drawn USING (uscc) LEFT JOIN reserved USING (uscc)
        WHERE (line.drawn_fen, line.reserved_fen) <> (coalesce(drawn.fen, 0), coalesce(reserved.fen, 0))
        """,  # noqa: S608  # constant text
    ),
    Check(
        "额度台账逐笔衔接且不超限",
        "each movement of a line goes on from the last, within its limit",
        """
        SELECT uscc || ' #' || version FROM (
            SELECT *, lag(reserved_after_fen, 1, 0::bigint) OVER own AS reserved_fen,
                lag(drawn_after_fen, 1, 0::bigint) OVER own AS drawn_fen, row_number() OVER own AS place
            FROM credit_movement WINDOW own AS (PARTITION BY uscc ORDER BY version)
        ) AS moved
        WHERE version <> place
           OR kind = 'RESERVE' AND reserved_after_fen + drawn_after_fen > limit_in_force_fen
           OR (reserved_after_fen - reserved_fen, drawn_after_fen - drawn_fen) <> CASE kind
                WHEN 'RESERVE' THEN (amount_fen, 0::bigint)
                WHEN 'USE' THEN (-amount_fen, amount_fen)
                WHEN 'RELEASE_RESERVED' THEN (-amount_fen, 0::bigint)
                WHEN 'RELEASE_DRAWN' THEN (0::bigint, -amount_fen)
                ELSE (0::bigint, 0::bigint)
            END
        """,
    ),
    Check(
        "合同等于其借据与还款之和，且与申请一致",
        "each loan is the sum of its notes and repayments, and its application's",
        f"""
        WITH {_OWED},
            noted AS (SELECT loan_id, sum(note.amount_fen) AS drawn_fen, sum(note.amount_fen - owed.fen) AS repaid_fen
                FROM drawdown AS note JOIN owed USING (id) GROUP BY 1)
        SELECT loan.case_no FROM loan JOIN loan_application AS application ON application.id = application_id
        LEFT JOIN noted ON noted.loan_id = loan.id
        WHERE (loan.drawn_fen, loan.repaid_fen) <> (coalesce(noted.drawn_fen, 0), coalesce(noted.repaid_fen, 0))
           OR loan.principal_fen > application.approved_fen
        UNION ALL
        SELECT case_no FROM loan_application AS application
        WHERE (status = 'SIGNED') <> EXISTS (SELECT FROM loan WHERE application_id = application.id)
        """,  # noqa: S608  # constant text
    ),
    Check(
        "借据余额等于放款减还款",
        "each note is its amount less its repayments, one by one",
        f"""
        WITH {_OWED}
        SELECT note.note_no FROM drawdown AS note JOIN owed USING (id) WHERE note.outstanding_fen <> owed.fen
        UNION
        SELECT note_no FROM (
            SELECT note.note_no, paid.outstanding_after_fen, note.amount_fen AS whole_fen, sum(paid.amount_fen)
                OVER (PARTITION BY drawdown_id ORDER BY paid.outstanding_after_fen DESC) AS so_far_fen
            FROM repayment AS paid JOIN drawdown AS note ON note.id = drawdown_id
        ) AS counted WHERE outstanding_after_fen <> whole_fen - so_far_fen
        """,  # noqa: S608  # constant text
    ),
    Check(
        "备案风险与借据余额一致",
        "each cover follows its note",
        f"""
        WITH {_OWED}
        SELECT CAST(cover.id AS text) FROM cover JOIN owed ON owed.id = cover.drawdown_id
        WHERE covered_fen > owed.amount_fen
           OR status = 'COVERED' AND (owed.fen = 0 OR covered_fen - released_fen <> owed.fen)
           OR status = 'RELEASED' AND (owed.fen <> 0 OR released_fen <> covered_fen)
           OR status IN ('FILED', 'REFUSED') AND (covered_fen, released_fen, exposure_fen) <> (0, 0, 0)
        """,  # noqa: S608  # constant text
    ),
    Check(
        "风险补偿基金等于到账与在保责任之和",
        "the fund is its receipts and the exposure of its covers",
        """
        WITH paid AS (
                SELECT unit_id, coalesce(sum(amount_fen) FILTER (WHERE contributor = 'CITY'), 0) AS city_fen,
                    coalesce(sum(amount_fen) FILTER (WHERE contributor = 'DISTRICT'), 0) AS district_fen
                FROM fund_posting WHERE kind = 'CONTRIBUTION' GROUP BY 1
            ),
            exposed AS (SELECT unit_id, sum(exposure_fen) AS fen FROM cover GROUP BY 1)
        SELECT account.unit_id FROM fund_account AS account
        LEFT JOIN paid USING (unit_id) LEFT JOIN exposed USING (unit_id)
        WHERE (account.paid_in_city_fen, account.paid_in_district_fen, account.exposure_fen)
           <> (coalesce(paid.city_fen, 0), coalesce(paid.district_fen, 0), coalesce(exposed.fen, 0))
        """,
    ),
    Check(
        "基金台账逐笔衔接且不超过承保能力",
        "each posting of the fund goes on from the last, within its capacity",
        """
        SELECT unit_id || ' #' || version FROM (
            SELECT *, lag(paid_in_city_after_fen + paid_in_district_after_fen, 1, 0::bigint) OVER own AS paid_fen,
                lag(exposure_after_fen, 1, 0::bigint) OVER own AS exposure_fen, row_number() OVER own AS place
            FROM fund_posting WINDOW own AS (PARTITION BY unit_id ORDER BY version)
        ) AS posted
        WHERE version <> place OR kind = 'EXPOSURE' AND exposure_after_fen > capacity_fen
           OR (paid_in_city_after_fen + paid_in_district_after_fen - paid_fen, exposure_after_fen - exposure_fen)
           <> CASE kind
                WHEN 'CONTRIBUTION' THEN (amount_fen, 0::bigint)
                WHEN 'EXPOSURE' THEN (0::bigint, amount_fen)
                ELSE (0::bigint, -amount_fen)
            END
        """,
    ),
)
"""What must find nothing."""

_EXPOSED = text("SELECT cover_id, amount_fen FROM fund_posting WHERE kind = 'EXPOSURE'")


async def exposed(tx: Transaction) -> dict[UUID, int]:
    """Return what the fund took on for each cover when it was decided, in fen."""
    return {row.cover_id: row.amount_fen for row in await tx.session.execute(_EXPOSED)}

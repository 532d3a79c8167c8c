"""Balances counted anew from what was paid, signed and received, and held against every balance that is stored.

Nothing here reads a balance to find a balance: a stored sum that went astray together with its ledger is found too.
"""

_OWED = """
    owed AS (
        SELECT id, loan_id, enterprise_uscc, amount_fen, amount_fen - coalesce(
            (SELECT sum(amount_fen) FROM repayment WHERE drawdown_id = note.id), 0)::bigint AS fen
        FROM drawdown AS note
    )
"""
# A line: what is owed on all notes of the firm, and what was signed and neither drawn nor given back.
LINE = f"""
WITH {_OWED},
    drawn AS (SELECT enterprise_uscc AS uscc, sum(fen) AS fen FROM owed GROUP BY 1),
    reserved AS (
        SELECT enterprise_uscc AS uscc, sum(principal_fen - released_fen - (
            SELECT coalesce(sum(amount_fen), 0) FROM drawdown WHERE loan_id = loan.id)) AS fen
        FROM loan GROUP BY 1
    )
SELECT line.uscc || ' is not the sum of its contracts, notes and repayments' FROM credit_line AS line
LEFT JOIN drawn USING (uscc) LEFT JOIN reserved USING (uscc)
WHERE (line.drawn_fen, line.reserved_fen) <> (coalesce(drawn.fen, 0), coalesce(reserved.fen, 0))
"""
# A ledger of the line: each balance is the one before it and the movement, none is left out, amounts are as named.
LINE_LEDGER = """
SELECT uscc || ' does not go on from its last movement at ' || version FROM (
    SELECT *, lag(reserved_after_fen, 1, 0::bigint) OVER own AS reserved_fen,
        lag(drawn_after_fen, 1, 0::bigint) OVER own AS drawn_fen, row_number() OVER own AS place
    FROM credit_movement WINDOW own AS (PARTITION BY uscc ORDER BY version)
) AS moved
WHERE version <> place
   OR (reserved_after_fen - reserved_fen, drawn_after_fen - drawn_fen) <> CASE kind
        WHEN 'RESERVE' THEN (amount_fen, 0::bigint)
        WHEN 'USE' THEN (-amount_fen, amount_fen)
        WHEN 'RELEASE_RESERVED' THEN (-amount_fen, 0::bigint)
        WHEN 'RELEASE_DRAWN' THEN (0::bigint, -amount_fen)
        ELSE (0::bigint, 0::bigint)
    END
"""
# The fund: money by its receipts, exposure by what is still owed on covered notes, 80 % of it, half up at the fen.
FUND = f"""
WITH {_OWED},
    paid AS (
        SELECT unit_id, coalesce(sum(amount_fen) FILTER (WHERE contributor = 'CITY'), 0) AS city_fen,
            coalesce(sum(amount_fen) FILTER (WHERE contributor = 'DISTRICT'), 0) AS district_fen
        FROM fund_posting WHERE kind = 'CONTRIBUTION' GROUP BY 1
    ),
    exposed AS (
        SELECT unit_id, sum((owed.fen * 8 + 5) / 10) AS fen FROM cover JOIN owed ON owed.id = cover.drawdown_id
        WHERE status = 'COVERED' GROUP BY 1
    )
SELECT account.unit_id || ' is not its receipts and covered notes' FROM fund_account AS account
LEFT JOIN paid USING (unit_id) LEFT JOIN exposed USING (unit_id)
WHERE (account.paid_in_city_fen, account.paid_in_district_fen, account.exposure_fen)
   <> (coalesce(paid.city_fen, 0), coalesce(paid.district_fen, 0), coalesce(exposed.fen, 0))
"""
FUND_LEDGER = """
SELECT unit_id || ' does not go on from its last posting at ' || version FROM (
    SELECT *, lag(paid_in_city_after_fen + paid_in_district_after_fen, 1, 0::bigint) OVER own AS paid_fen,
        lag(exposure_after_fen, 1, 0::bigint) OVER own AS exposure_fen, row_number() OVER own AS place
    FROM fund_posting WINDOW own AS (PARTITION BY unit_id ORDER BY version)
) AS posted
WHERE version <> place OR exposure_after_fen > capacity_fen
   OR (paid_in_city_after_fen + paid_in_district_after_fen - paid_fen, exposure_after_fen - exposure_fen)
   <> CASE kind
        WHEN 'CONTRIBUTION' THEN (amount_fen, 0::bigint)
        WHEN 'EXPOSURE' THEN (0::bigint, amount_fen)
        ELSE (0::bigint, -amount_fen)
    END
"""
# A cover follows its note down; what it never covered it cannot release.
COVER = f"""
WITH {_OWED}
SELECT cover.id || ' does not follow its note' FROM cover JOIN owed ON owed.id = cover.drawdown_id
WHERE covered_fen > owed.amount_fen
   OR status = 'COVERED' AND (owed.fen = 0 OR (covered_fen - released_fen, exposure_fen)
        <> (owed.fen, (owed.fen * 8 + 5) / 10))
   OR status = 'RELEASED' AND (owed.fen <> 0 OR released_fen <> covered_fen)
   OR status IN ('FILED', 'REFUSED') AND (covered_fen, released_fen, exposure_fen) <> (0, 0, 0)
"""
# A contract and the application that it came from: one of each, within what the bank approved.
CONTRACT = """
SELECT application.id || ' is signed and has no contract, or another amount' FROM loan_application AS application
LEFT JOIN loan ON loan.application_id = application.id
WHERE (application.status = 'SIGNED') <> (loan.id IS NOT NULL)
   OR loan.principal_fen > application.approved_fen OR application.approved_fen > application.amount_fen
"""
REPAID = """
SELECT drawdown_id || ' does not go on from its last repayment' FROM (
    SELECT paid.*, note.amount_fen AS whole_fen,
        sum(paid.amount_fen) OVER (PARTITION BY drawdown_id ORDER BY paid.outstanding_after_fen DESC) AS so_far
    FROM repayment AS paid JOIN drawdown AS note ON note.id = drawdown_id
) AS counted WHERE outstanding_after_fen <> whole_fen - so_far
"""
COUNTED = (
    ("K1", LINE),
    ("K1", LINE_LEDGER),
    ("K2", FUND),
    ("K2", FUND_LEDGER),
    ("K2", COVER),
    ("K3", CONTRACT),
    ("K3", REPAID),
)
"""What must find nothing in finance's database, by the checker's letter."""

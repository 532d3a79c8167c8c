"""What runs over all enterprises counted, as it is counted anew."""

from shared.db.verification import Check

LEDGERS = (
    Check(
        "批量测算各段企业数等于冻结的事实数",
        "each range of a run counts the firms whose facts it froze",
        """
        SELECT done.run_id || ' #' || done.number FROM population_range AS done
        WHERE firms IS NOT NULL AND firms <> (
            SELECT count(*) FROM population_fact AS fact
            WHERE fact.run_id = done.run_id AND fact.uscc BETWEEN done.first_uscc AND done.last_uscc)
        """,
    ),
    Check(
        "批量测算的结论数等于各企业的结论",
        "the verdicts that a run tells are those of its firms",
        """
        SELECT run.id || ' ' || told.policy || ' ' || told.verdict FROM operation AS run
        CROSS JOIN LATERAL (
            SELECT policy.key AS policy, verdict.key AS verdict, CAST(verdict.value AS bigint) AS firms
            FROM jsonb_each(run.result -> 'verdicts') AS policy, jsonb_each_text(policy.value) AS verdict
        ) AS told
        LEFT JOIN (
            SELECT run_id, policy, verdict, count(*) AS firms FROM population_result GROUP BY 1, 2, 3
        ) AS held ON (held.run_id, held.policy, held.verdict) = (run.id, told.policy, told.verdict)
        WHERE coalesce(held.firms, 0) <> told.firms
          AND NOT EXISTS (SELECT FROM population_clearing AS clearing WHERE clearing.run_id = run.id)
        """,
    ),
    Check(
        "已清理的批量测算不留逐户数据",
        "of a run that was cleared no row is left",
        """
        SELECT CAST(run_id AS text) FROM population_clearing AS clearing WHERE finished_at IS NOT NULL AND (
            EXISTS (SELECT FROM population_fact AS fact WHERE fact.run_id = clearing.run_id)
            OR EXISTS (SELECT FROM population_result AS result WHERE result.run_id = clearing.run_id)
            OR EXISTS (SELECT FROM population_range AS part WHERE part.run_id = clearing.run_id))
        """,
    ),
)
"""What must find nothing."""

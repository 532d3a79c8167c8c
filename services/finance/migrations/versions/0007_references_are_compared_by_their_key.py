"""References of banks and receipts are compared by their fold: one that only looks new was used before."""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

from shared.kernel.fold import reference_key

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


@dataclass(frozen=True)
class _Reference:
    """One column that is unique for ever, and the key that takes its place."""

    table: str
    column: str
    key: str
    before: str
    after: str
    owner: str | None
    always: bool
    append_only: bool = False

    def unique_over(self, column: str) -> list[str]:
        return [column] if self.owner is None else [self.owner, column]


_REFERENCES = (
    _Reference(
        "loan",
        "contract_no",
        "contract_key",
        "uq_loan_bank_contract_no",
        "uq_loan_bank_contract_key",
        "bank_uscc",
        True,
    ),
    _Reference(
        "drawdown", "note_no", "note_key", "uq_drawdown_bank_note_no", "uq_drawdown_bank_note_key", "bank_uscc", True
    ),
    _Reference(
        "repayment",
        "bank_ref",
        "ref_key",
        "uq_repayment_bank_ref",
        "uq_repayment_bank_ref_key",
        "bank_uscc",
        True,
        True,
    ),
    _Reference(
        "loan_application",
        "bank_ref",
        "ref_key",
        "uq_loan_application_bank_ref",
        "uq_loan_application_ref_key",
        "bank_uscc",
        False,
    ),
    _Reference(
        "fund_posting",
        "receipt_no",
        "receipt_key",
        "uq_fund_posting_receipt_no",
        "uq_fund_posting_receipt_key",
        None,
        False,
        True,
    ),
)


def upgrade() -> None:
    """Add the keys and let them be unique.

    Of two references that only now are one, the later keeps its own id behind its key: what was booked stays booked.
    """
    for one in _REFERENCES:
        op.add_column(one.table, sa.Column(one.key, sa.Text(), nullable=True))
        _fill(op.get_bind(), one)
        if one.always:
            op.drop_constraint(one.before, one.table, type_="unique")
            op.alter_column(one.table, one.key, nullable=False)
            op.create_unique_constraint(one.after, one.table, one.unique_over(one.key))
        else:
            op.drop_index(one.before, table_name=one.table)
            known = sa.text(f"{one.key} IS NOT NULL")
            op.create_index(one.after, one.table, one.unique_over(one.key), unique=True, postgresql_where=known)


def _fill(connection: sa.Connection, one: _Reference) -> None:
    owner = one.owner or "NULL"
    held = connection.execute(
        sa.text(
            f"SELECT id, {owner} AS owner, {one.column} AS written FROM {one.table}"  # noqa: S608  # our own names
            f" WHERE {one.column} IS NOT NULL ORDER BY created_at, id"
        )
    ).all()
    taken: set[tuple[str | None, str]] = set()
    rows = []
    for row in held:
        key = reference_key(row.written)
        if (row.owner, key) in taken:
            key = f"{key}#{row.id}"
        taken.add((row.owner, key))
        rows.append({"id": row.id, "key": key})
    if not rows:
        return
    if one.append_only:  # what was written stays as it was; the key is added to it
        op.execute(f"ALTER TABLE {one.table} DISABLE TRIGGER {one.table}_is_append_only")
    connection.execute(sa.text(f"UPDATE {one.table} SET {one.key} = :key WHERE id = :id"), rows)  # noqa: S608  # 〃
    if one.append_only:
        op.execute(f"ALTER TABLE {one.table} ENABLE TRIGGER {one.table}_is_append_only")


def downgrade() -> None:
    """Let the references as they were written be unique again."""
    for one in reversed(_REFERENCES):
        if one.always:
            op.drop_constraint(one.after, one.table, type_="unique")
            op.create_unique_constraint(one.before, one.table, one.unique_over(one.column))
        else:
            op.drop_index(one.after, table_name=one.table)
            known = sa.text(f"{one.column} IS NOT NULL")
            op.create_index(one.before, one.table, one.unique_over(one.column), unique=True, postgresql_where=known)
        op.drop_column(one.table, one.key)

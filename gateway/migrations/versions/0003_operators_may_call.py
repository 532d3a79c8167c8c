"""The operator of the platform may be a client: a role of its own."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ROLES = ("enterprise", "bank", "agency", "district", "city", "fund_manager", "ip_centre", "auditor", "system")


def upgrade() -> None:
    """Let the role stand in the table of clients."""
    _guard(*_ROLES, "operator")


def downgrade() -> None:
    """Take the role away; refused by the database while a client has it."""
    _guard(*_ROLES)


def _guard(*roles: str) -> None:
    held = ", ".join(f"'{role}'" for role in roles)
    op.drop_constraint(op.f("ck_client_role"), "client", type_="check")
    op.create_check_constraint(op.f("ck_client_role"), "client", f"role IN ({held})")

"""Forms of ended sessions, passkeys, identities of other issuers, grants to frontends; who ends sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


_ENDS = ("SIGNED_OUT", "ENDED_ELSEWHERE", "PASSWORD_CHANGED", "ACCOUNT_SUSPENDED")


def upgrade() -> None:
    """Go one step forward."""
    _guard_ends(*_ENDS, "ENDED_BY_ADMINISTRATOR")
    op.create_table(
        "kept_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("typed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_kept_form_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
    )
    op.create_index("ix_kept_form_until", "kept_form", ["kept_until_at"])
    op.add_column("account", sa.Column("passkeys", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.alter_column("account", "passkeys", server_default=None)
    op.create_check_constraint(op.f("ck_account_passkeys"), "account", "passkeys >= 0")
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_sign_count")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_passkey_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_account", "passkey", ["account_id", "created_at"])
    op.create_table(
        "answered_challenge",
        sa.Column("challenge_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("challenge_sha256", name=op.f("pk_answered_challenge")),
    )
    op.create_index("ix_answered_challenge_ends", "answered_challenge", ["ends_at"])
    op.create_table(
        "account_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_identity_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_account_identity_issuer_subject")),
    )
    op.create_index("ix_account_identity_account", "account_identity", ["account_id"])
    op.create_table(
        "authorization_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("redirect_uri", sa.String(length=500), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("challenge", sa.String(length=43), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("code_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_authorization_grant_account_id_account")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["account_session.id"], name=op.f("fk_authorization_grant_session_id_account_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorization_grant")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_authorization_grant_code_sha256")),
    )
    op.create_index("ix_authorization_grant_created", "authorization_grant", ["created_at"])
    op.create_table(
        "refresh_token",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["authorization_grant.id"], name=op.f("fk_refresh_token_grant_id_authorization_grant")
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_refresh_token")),
    )
    op.create_index("ix_refresh_token_grant", "refresh_token", ["grant_id"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("refresh_token")
    op.drop_table("authorization_grant")
    op.drop_table("account_identity")
    op.drop_table("answered_challenge")
    op.drop_table("passkey")
    op.drop_constraint(op.f("ck_account_passkeys"), "account", type_="check")
    op.drop_column("account", "passkeys")
    op.drop_table("kept_form")
    op.execute("UPDATE account_session SET ended_by = 'ENDED_ELSEWHERE' WHERE ended_by = 'ENDED_BY_ADMINISTRATOR'")
    _guard_ends(*_ENDS)


def _guard_ends(*ends: str) -> None:
    held = ", ".join(f"'{end}'" for end in ends)
    op.drop_constraint(op.f("ck_account_session_session_end"), "account_session", type_="check")
    op.create_check_constraint(op.f("ck_account_session_session_end"), "account_session", f"ended_by IN ({held})")

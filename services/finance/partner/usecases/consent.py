"""Grant and withdraw consents, and check them before a bank reads."""

from collections.abc import Sequence
from uuid import UUID

from services.finance.partner.models.consent import Consent
from services.finance.partner.rules import consent as rules
from services.finance.partner.rules.consent import (
    ConsentChannel,
    ConsentPurpose,
    ConsentScope,
    HeldConsent,
    SignerCapacity,
)
from services.finance.partner.store import bank as banks
from services.finance.partner.store import consent as consents
from shared.db.transaction import Transaction
from shared.events.finance import ConsentGranted, ConsentRevoked
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.personal import Personal
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Shape
from shared.kernel.types import GivenInstantOrNone, PersonName, Sha256, ShortText, ShortTextOrNone, Uscc
from shared.policy.book import RuleBook


class ConsentDraft(Shape):
    """What an enterprise signs: who may read what for which purpose; without an end it lasts the default term."""

    bank_uscc: Uscc
    purpose: ConsentPurpose = ConsentPurpose.LOAN_APPLICATION
    scopes: list[ConsentScope]
    expires_at: GivenInstantOrNone = None
    signer_name: PersonName
    signer_capacity: SignerCapacity = SignerCapacity.LEGAL_REPRESENTATIVE
    mandate_sha256: Sha256 | None = None
    text_version: ShortText
    signature: ShortTextOrNone = None
    channel: ConsentChannel = ConsentChannel.WEB


async def grant_consent(tx: Transaction, draft: ConsentDraft, book: RuleBook, *, consent_id: UUID) -> Consent:
    """Record the consent of the calling enterprise.

    Raises:
        Refusal: `forbidden_role`; `not_found` (bank); `consent_scopes_empty`; `consent_text_outdated`;
            `signer_without_mandate`; `consent_period_invalid`.
    """
    uscc = tx.actor.party_as(Role.ENTERPRISE)
    if await banks.find(tx, draft.bank_uscc) is None:
        raise Refusal(NOT_FOUND, pointer="/bank_uscc", noun="bank")
    grant = rules.grant(
        book.pick(rules.POLICY, tx.today),
        scopes=draft.scopes,
        text_version=draft.text_version,
        capacity=draft.signer_capacity,
        mandate_sha256=draft.mandate_sha256,
        expires_at=draft.expires_at,
        now=tx.now,
    )
    consent = Consent(
        id=consent_id,
        enterprise_uscc=uscc,
        bank_uscc=draft.bank_uscc,
        purpose=draft.purpose,
        scopes=[scope.value for scope in grant.scopes],
        signer_name=Personal(draft.signer_name),
        signer_capacity=draft.signer_capacity,
        mandate_sha256=draft.mandate_sha256,
        channel=draft.channel,
        signature=draft.signature,
        text_version=grant.text.version,
        text_sha256=grant.text.sha256,
        granted_at=tx.now,
        granted_by=tx.actor.client_id,
        expires_at=grant.expires_at,
    )
    tx.session.add(consent)
    tx.audit("consent.grant", subject=f"consent/{consent_id}", uscc=uscc, consent_id=consent_id, fields=consent.scopes)
    tx.emit(ConsentGranted.of(consent, consent_id=consent_id))
    return consent


async def revoke_consent(tx: Transaction, consent_id: UUID, book: RuleBook) -> tuple[Consent, tuple[HeldConsent, ...]]:
    """Withdraw a consent of the calling enterprise: reading on it stops with the commit.

    Returns:
        The consent, and the firm's other consents that still let the same bank read.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `consent_already_revoked`.
    """
    uscc = tx.actor.party_as(Role.ENTERPRISE)
    consent = await consents.lock_own(tx, consent_id)
    if consent is None:
        raise Refusal(NOT_FOUND, noun="consent")
    revocation = rules.revoke(
        book.pick(rules.POLICY, tx.today), revoked_at=consent.revoked_at, now=tx.now, today=tx.today
    )
    consent.revoked_at = revocation.revoked_at
    consent.purge_by_on = revocation.purge_by_on
    tx.audit("consent.revoke", subject=f"consent/{consent_id}", uscc=uscc, consent_id=consent_id)
    tx.emit(ConsentRevoked.of(consent, consent_id=consent_id))
    await tx.session.flush()
    held = await consents.held(tx, enterprise_uscc=uscc, bank_uscc=consent.bank_uscc)
    return consent, rules.still_open(held, now=tx.now)


async def require_consent(
    tx: Transaction, *, enterprise_uscc: str, bank_uscc: str, scope: ConsentScope
) -> tuple[HeldConsent, frozenset[ConsentScope]]:
    """Return the consent that opens `scope` to a bank now, and all scopes that are open to it now.

    Raises:
        Refusal: `consent_missing`; `consent_expired`; `consent_revoked`.
    """
    held = await consents.held(tx, enterprise_uscc=enterprise_uscc, bank_uscc=bank_uscc)
    return opened_by(tx, held, enterprise_uscc=enterprise_uscc, scope=scope)


def opened_by(
    tx: Transaction, held: Sequence[HeldConsent], *, enterprise_uscc: str, scope: ConsentScope
) -> tuple[HeldConsent, frozenset[ConsentScope]]:
    """Return which of a firm's consents to a bank opens `scope` now, and all scopes that are open to it now.

    Raises:
        Refusal: `consent_missing`; `consent_expired`; `consent_revoked`.
    """
    purpose = ConsentPurpose.LOAN_APPLICATION
    found = rules.require(held, enterprise_uscc=enterprise_uscc, purpose=purpose, scope=scope, now=tx.now)
    return found, rules.scopes_open(held, purpose=purpose, now=tx.now)

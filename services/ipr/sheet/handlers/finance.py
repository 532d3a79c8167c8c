"""What ipr hears from finance: applications and consents, which open and close IP sheets."""

from collections.abc import Mapping
from typing import Any

from services.ipr.sheet.store import ip_sheet as sheets
from shared.bus.subscription import Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.finance import ApplicationDecided, ApplicationSubmitted, ConsentGranted, ConsentRevoked

# What a consent's two events tell, one this and one that.
_UNTOLD = dict.fromkeys(("purpose", "scopes", "granted_at", "expires_at", "revoked_at"))


async def on_application_submitted(tx: Transaction, event: Envelope[ApplicationSubmitted]) -> None:
    """Open the sheet of an application to its bank."""
    await _put_application(tx, event, "SUBMITTED")


async def on_application_decided(tx: Transaction, event: Envelope[ApplicationDecided]) -> None:
    """Keep where an application stands: an ended one closes its sheet."""
    await _put_application(tx, event, event.data.status)


async def on_consent_granted(tx: Transaction, event: Envelope[ConsentGranted]) -> None:
    """Keep what an enterprise allowed a bank to read."""
    consent = event.data
    told = {
        "purpose": consent.purpose,
        "scopes": list(consent.scopes),
        "granted_at": consent.granted_at,
        "expires_at": consent.expires_at,
    }
    await _put_consent(tx, event, told)


async def on_consent_revoked(tx: Transaction, event: Envelope[ConsentRevoked]) -> None:
    """Close what the consent had opened, even if its grant has not arrived yet."""
    await _put_consent(tx, event, {"revoked_at": event.data.revoked_at})


async def _put_consent(
    tx: Transaction, event: Envelope[ConsentGranted] | Envelope[ConsentRevoked], told: Mapping[str, Any]
) -> None:
    """Keep what an event tells of a consent; what the other event tells stays as it is."""
    consent = event.data
    known = {
        "consent_id": consent.consent_id,
        "enterprise_uscc": consent.enterprise_uscc,
        "bank_uscc": consent.bank_uscc,
        "source_time": event.time,
    }
    await sheets.put_consent(tx, {**_UNTOLD, **known, **told})


async def _put_application(
    tx: Transaction, event: Envelope[ApplicationSubmitted] | Envelope[ApplicationDecided], status: str
) -> None:
    application = event.data
    await sheets.put_application(
        tx,
        {
            "application_id": application.application_id,
            "case_no": application.case_no,
            "enterprise_uscc": application.enterprise_uscc,
            "bank_uscc": application.bank_uscc,
            "application_status": status,
            "version": event.version,
            "source_time": event.time,
        },
    )


SUBSCRIPTIONS = [
    Subscription("ipr.on_application_submitted", event=ApplicationSubmitted, handle=on_application_submitted),
    Subscription("ipr.on_application_decided", event=ApplicationDecided, handle=on_application_decided),
    Subscription("ipr.on_consent_granted", event=ConsentGranted, handle=on_consent_granted),
    Subscription("ipr.on_consent_revoked", event=ConsentRevoked, handle=on_consent_revoked),
]

"""Consents: granted, expired, withdrawn, and what they open."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.finance.partner.rules import consent as rules
from services.finance.partner.rules.consent import ConsentPurpose, ConsentScope, HeldConsent, SignerCapacity
from shared.kernel.errors import Refusal
from tests.unit.finance.builders import BOOK, TODAY, USCC

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
POLICY = BOOK.pick(rules.POLICY, TODAY)
APPLY = ConsentPurpose.LOAN_APPLICATION
RESULT, DETAIL = ConsentScope.EVALUATION_RESULT, ConsentScope.EVALUATION_DETAIL


def held(
    *scopes: ConsentScope,
    expires_at: datetime = NOW + timedelta(days=1),
    revoked_at: datetime | None = None,
    purpose: ConsentPurpose = APPLY,
) -> HeldConsent:
    return HeldConsent(UUID(int=len(scopes)), purpose, frozenset(scopes or (RESULT,)), expires_at, revoked_at)


def grant(**fields: object) -> rules.Grant:
    given = {
        "scopes": [RESULT],
        "text_version": "2022-1",
        "capacity": SignerCapacity.LEGAL_REPRESENTATIVE,
        "mandate_sha256": None,
        "expires_at": None,
        "now": NOW,
    }
    return rules.grant(POLICY, **(given | fields))  # type: ignore[arg-type]  # a table of fields


def test_without_an_end_a_consent_lasts_twelve_months() -> None:
    assert grant().expires_at == datetime(2027, 11, 23, 2, 0, tzinfo=UTC)


def test_a_consent_may_last_three_years_and_not_a_second_longer() -> None:
    last = datetime(2029, 11, 23, 2, 0, tzinfo=UTC)
    assert grant(expires_at=last).expires_at == last
    for bad in (last + timedelta(seconds=1), NOW, NOW - timedelta(days=1)):
        with pytest.raises(Refusal, match="consent_period_invalid"):
            grant(expires_at=bad)


def test_a_consent_keeps_the_text_it_was_given_to() -> None:
    text = rules.text_in_force(POLICY)
    assert grant().text == text
    assert len(text.sha256) == 64
    with pytest.raises(Refusal, match="consent_text_outdated"):
        grant(text_version="2021-1")


def test_an_agent_without_a_mandate_cannot_sign() -> None:
    with pytest.raises(Refusal, match="signer_without_mandate"):
        grant(capacity=SignerCapacity.AGENT)
    assert grant(capacity=SignerCapacity.AGENT, mandate_sha256="a" * 64).scopes == (RESULT,)


def test_a_consent_names_at_least_one_class_and_each_once() -> None:
    with pytest.raises(Refusal, match="consent_scopes_empty"):
        grant(scopes=[])
    assert grant(scopes=[RESULT, DETAIL, RESULT]).scopes == (DETAIL, RESULT)


def test_a_live_consent_opens_its_own_scopes_and_purpose_only() -> None:
    assert rules.require([held(RESULT)], enterprise_uscc=USCC, purpose=APPLY, scope=RESULT, now=NOW).scopes == {RESULT}
    for scope, purpose in ((DETAIL, APPLY), (RESULT, ConsentPurpose.POST_LOAN)):
        with pytest.raises(Refusal, match="consent_missing"):
            rules.require([held(RESULT)], enterprise_uscc=USCC, purpose=purpose, scope=scope, now=NOW)


def test_a_consent_ends_at_its_very_instant() -> None:
    with pytest.raises(Refusal, match="consent_expired"):
        rules.require([held(expires_at=NOW)], enterprise_uscc=USCC, purpose=APPLY, scope=RESULT, now=NOW)
    rules.require(
        [held(expires_at=NOW + timedelta(microseconds=1))], enterprise_uscc=USCC, purpose=APPLY, scope=RESULT, now=NOW
    )


def test_a_withdrawn_consent_opens_nothing_and_a_new_one_opens_again() -> None:
    withdrawn = held(revoked_at=NOW)
    with pytest.raises(Refusal, match="consent_revoked"):
        rules.require([withdrawn], enterprise_uscc=USCC, purpose=APPLY, scope=RESULT, now=NOW)
    assert rules.require([withdrawn, held()], enterprise_uscc=USCC, purpose=APPLY, scope=RESULT, now=NOW) == held()


def test_open_scopes_are_the_union_of_live_consents() -> None:
    consents = [held(RESULT), held(DETAIL, RESULT), held(ConsentScope.DISPUTES, revoked_at=NOW)]
    assert rules.scopes_open(consents, purpose=APPLY, now=NOW) == {RESULT, DETAIL}
    assert rules.scopes_open([], purpose=APPLY, now=NOW) == frozenset()


def test_a_withdrawal_gives_the_bank_thirty_days_to_purge_and_happens_once() -> None:
    revocation = rules.revoke(POLICY, revoked_at=None, now=NOW, today=TODAY)
    assert revocation.purge_by_on == TODAY + timedelta(days=30)
    with pytest.raises(Refusal, match="consent_already_revoked"):
        rules.revoke(POLICY, revoked_at=NOW, now=NOW, today=TODAY)

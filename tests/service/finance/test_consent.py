"""Consent: no read without one, each read audited, refused reads too, only the allowed parts, withdrawal at once."""

from datetime import timedelta
from typing import Any

import pytest

from shared.kernel.actor import Role
from tests.service.finance.world import BANK_A, BANK_B, FIRM, OTHER_FIRM, World, done, refused


async def ready(world: World, **consent: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an application and the consent it rests on."""
    await world.tell_good_firm()
    await world.admit_banks()
    evaluation = await world.evaluate()
    granted = await world.consent(**consent)
    return await world.apply(evaluation["id"]), granted


async def audit(world: World, outcome: str) -> list[dict[str, Any]]:
    """Return the audit rows of reads by banks."""
    return await world.service.rows(
        "SELECT * FROM audit_entry WHERE role = 'bank' AND outcome = :outcome ORDER BY position", outcome=outcome
    )


async def test_a_bank_reads_what_it_was_allowed_and_leaves_a_trace(world: World) -> None:
    application, granted = await ready(world)
    file = done(await world.bank().get(f"/v1/loan-applications/{application['id']}/credit-file"))
    assert file["withheld"] == []
    assert (file["snapshot"]["grade"], file["superseded"], file["days_left"]) == ("B", False, 14)
    assert file["basic_registry"]["name"] == "示例科技有限公司"
    assert file["ip_portfolio"]["high_value_count"] == 1
    assert len(file["evaluation_detail"]["score"]["lines"]) == 9
    (row,) = [one for one in await audit(world, "done") if one["action"] == "credit_file.read"]
    assert (row["uscc"], row["party"], str(row["consent_id"])) == (FIRM, BANK_A, granted["id"])
    assert row["fields"] == file["given"]
    assert row["request_id"]


async def test_only_the_allowed_parts_are_given(world: World) -> None:
    application, _ = await ready(world, scopes=["EVALUATION_RESULT"])
    file = done(await world.bank().get(f"/v1/loan-applications/{application['id']}/credit-file"))
    assert file["given"] == ["EVALUATION_RESULT"]
    assert file["withheld"] == ["EVALUATION_DETAIL", "BASIC_REGISTRY", "IP_PORTFOLIO"]
    for part in ("changes", "evaluation_detail", "basic_registry", "ip_portfolio"):
        assert file[part] is None
    own = done(await world.bank().get(f"/v1/loan-applications/{application['id']}"))
    assert (own["snapshot_limit_fen"], own["snapshot_grade"]) == (None, None)


async def test_withdrawal_stops_the_next_read_and_the_refused_read_is_audited(world: World) -> None:
    application, granted = await ready(world)
    url = f"/v1/loan-applications/{application['id']}/credit-file"
    done(await world.bank().get(url))
    revoked = done(await world.firm().delete(f"/v1/consents/{granted['id']}"))
    assert revoked["purge_by_on"] == "2026-12-23"
    refused(await world.bank().get(url), "consent_revoked", 403)
    (row,) = await audit(world, "refused")
    assert row["detail"]["code"] == "consent_revoked"
    assert application["id"] in row["subject"]
    assert row["uscc"] == FIRM
    (event,) = await world.service.events("finance.consent.revoked.v1")
    assert event.data.bank_uscc == BANK_A
    refused(await world.firm().delete(f"/v1/consents/{granted['id']}"), "consent_already_revoked")


async def test_a_consent_that_expired_overnight_parks_the_application_and_a_new_one_frees_it(world: World) -> None:
    application, _ = await ready(world, expires_at="2026-11-23T18:00:00Z")
    await world.step(application["id"], "accept")
    world.service.clock.advance(timedelta(days=1))
    url = f"/v1/loan-applications/{application['id']}"
    refused(await world.bank().get(f"{url}/credit-file"), "consent_expired", 403)
    body = {"amount_fen": 1, "term_months": 12, "bank_ref": "A-1"}
    refused(await world.bank().post(f"{url}:approve", json=body), "consent_expired", 403)
    assert done(await world.bank().get(url))["status"] == "BANK_REVIEW"
    await world.consent()
    done(await world.bank().get(f"{url}/credit-file"))
    assert done(await world.bank().post(f"{url}:approve", json=body))["status"] == "APPROVED"


async def test_a_consent_to_one_bank_is_none_to_another(world: World) -> None:
    await world.tell_good_firm()
    await world.admit_banks()
    evaluation = await world.evaluate()
    await world.consent(bank=BANK_A)
    body = world.application_body(evaluation["id"], BANK_B)
    refused(await world.firm().post("/v1/loan-applications", json=body), "consent_needed")


async def test_the_signers_name_is_masked_in_answers_and_encrypted_at_rest(world: World) -> None:
    _, granted = await ready(world, signer_name="欧阳示例")
    assert granted["signer_name"] == "欧**"
    assert "欧阳示例" not in (await world.firm().get("/v1/consents")).text
    (row,) = await world.service.rows("SELECT signer_name FROM consent")
    assert "欧阳示例".encode() not in bytes(row["signer_name"])


async def test_consents_are_seen_by_giver_and_recipient_only(world: World) -> None:
    _, granted = await ready(world)
    url = f"/v1/consents/{granted['id']}"
    for reader in (world.firm(), world.bank(), world.city):
        assert done(await reader.get(url))["id"] == granted["id"]
    for stranger in (world.firm(OTHER_FIRM), world.bank(BANK_B)):
        refused(await stranger.get(url), "not_found", 404)
        assert done(await stranger.get("/v1/consents"))["items"] == []
    refused(await world.firm(OTHER_FIRM).delete(url), "not_found", 404)


async def test_a_bank_cannot_grant_itself_a_consent(world: World) -> None:
    await world.admit_banks()
    bank = world.service.client(role=Role.BANK, party=BANK_A, scopes=["credit.consent:write", "credit.consent:read"])
    text = done(await bank.get("/v1/consents/text"))
    body = {
        "bank_uscc": BANK_A,
        "scopes": ["EVALUATION_RESULT"],
        "signer_name": "人",
        "text_version": text["version"],
    }
    refused(await bank.post("/v1/consents", json=body), "forbidden_role", 403)


async def test_an_agent_without_a_mandate_and_an_old_text_are_refused(world: World) -> None:
    await world.admit_banks()
    body = {
        "bank_uscc": BANK_A,
        "scopes": ["EVALUATION_RESULT"],
        "signer_name": "示例人",
        "text_version": "2022-1",
    }
    firm = world.firm()
    agent = body | {"signer_capacity": "AGENT"}
    refused(await firm.post("/v1/consents", json=agent), "signer_without_mandate", 422)
    refused(await firm.post("/v1/consents", json=body | {"text_version": "1"}), "consent_text_outdated")
    refused(await firm.post("/v1/consents", json=body | {"bank_uscc": FIRM}), "not_found", 404)
    refused(await firm.post("/v1/consents", json=body | {"scopes": []}), "consent_scopes_empty", 422)
    refused(await firm.post("/v1/consents", json=body | {"scopes": ["EVERYTHING"]}), "field_invalid", 422)


async def test_the_credit_file_shows_what_changed_since_the_application(world: World) -> None:
    application, _ = await ready(world)
    await world.tell_portfolio(high_value=0)
    await world.settle()
    file = done(await world.bank().get(f"/v1/loan-applications/{application['id']}/credit-file"))
    assert file["superseded"] is True
    assert [(one["fact"], one["before"], one["after"]) for one in file["changes"]] == [("high_value_count", 1, 0)]
    assert file["snapshot"]["score_milli"] - file["current"]["score_milli"] == 3_000
    assert file["application"]["flag"] == "evaluation_superseded"


async def test_withdrawing_one_of_several_consents_names_those_that_still_allow_reading(world: World) -> None:
    application, granted = await ready(world)
    url = f"/v1/loan-applications/{application['id']}/credit-file"
    other = await world.consent(scopes=["EVALUATION_RESULT"])
    await world.consent(bank=BANK_B)
    withdrawn = done(await world.firm().delete(f"/v1/consents/{granted['id']}"))
    (open_still,) = withdrawn["still_open"]
    assert (open_still["consent_id"], open_still["scopes"]) == (other["id"], ["EVALUATION_RESULT"])
    assert done(await world.bank().get(url))["consent_id"] == other["id"]
    assert done(await world.firm().delete(f"/v1/consents/{other['id']}"))["still_open"] == []
    refused(await world.bank().get(url), "consent_revoked", 403)


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        ("signer_name", "\u200b", "text_invisible"),
        ("signer_name", "\u3164", "text_invisible"),
        ("signer_name", "张\u202e三", "text_direction_mark"),
        ("signer_name", "张\u2066三", "text_direction_mark"),
        ("signer_name", "张三\U000e0041", "text_tag"),
        ("signer_name", "张\n三", "text_line_break"),
        ("signer_name", "13800001111", "person_name_unreadable"),
        ("signature", "\u200b", "text_invisible"),
        ("signature", "\u2800", "text_invisible"),
        ("signature", "张\u202d三", "text_direction_mark"),
    ],
)
async def test_what_nobody_can_read_signs_nothing(world: World, field: str, text: str, fault: str) -> None:
    await world.ready_firm()
    told = done(await world.firm().get("/v1/consents/text"))
    body = {"bank_uscc": BANK_A, "scopes": ["BASIC_REGISTRY"], "signer_name": "示例人", "text_version": told["version"]}
    answer = await world.firm().post("/v1/consents", json={**body, field: text})
    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert (problem["pointer"], problem["code"]) == (f"/{field}", fault)
    assert "张" not in problem["message"]


@pytest.mark.parametrize("expires_at", [0, 1_900_000_000, "1900000000", "2027-01-01", "2027-01-01T00:00:00", True])
async def test_an_instant_is_a_text_with_its_zone(world: World, expires_at: object) -> None:
    await world.ready_firm()
    told = done(await world.firm().get("/v1/consents/text"))
    body = {"bank_uscc": BANK_A, "scopes": ["BASIC_REGISTRY"], "signer_name": "𰻞示例", "text_version": told["version"]}
    refused = await world.firm().post("/v1/consents", json={**body, "expires_at": expires_at})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "instant_not_written")
    done(await world.firm().post("/v1/consents", json={**body, "expires_at": "2027-01-01T00:00:00+08:00"}), 201)

"""Every decision on record is decided anew by the rule sets that the record names, whatever was published since."""

from datetime import date

import orjson
import pytest

from services.finance.app import LEDGERS
from services.finance.lending.rules.loan_application import POLICY as LOAN_TERMS
from shared.db.verification import Walk
from shared.policy.basis import named
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet
from tests.service.finance.test_verification import lent
from tests.service.finance.world import BANK_B, WAN, World, done
from tests.support.ledger import found_after

DECIDED = tuple(one for one in LEDGERS if isinstance(one, Walk))
PLANTED = {
    "each application": (
        "UPDATE loan_application SET answer_due_on = answer_due_on + 1 WHERE status = 'SIGNED'",
        "UPDATE loan_application SET snapshot_grade = 'A1' WHERE status = 'SIGNED'",
        "UPDATE loan_application SET valid_until_on = valid_until_on + 400 WHERE status = 'SIGNED'",
        "UPDATE loan_application SET reason_code = 'UNHEARD_OF' WHERE status = 'REJECTED'",
    ),
    "each loan": (
        "UPDATE loan SET rate_ppm = rate_ppm + 1",
        "UPDATE loan SET draw_until_on = draw_until_on - 1",
        "UPDATE loan SET term_months = term_months - 1",
    ),
    "each drawdown": ("UPDATE drawdown SET starts_on = starts_on - 700, matures_on = matures_on - 700",),
    "each cover": (
        "UPDATE cover SET filing_due_on = filing_due_on + 1",
        "UPDATE fund_posting SET amount_fen = amount_fen - 1 WHERE kind = 'EXPOSURE'",
    ),
    "each consent": (
        "UPDATE consent SET text_sha256 = repeat('0', 64) WHERE revoked_at IS NULL",
        "UPDATE consent SET expires_at = expires_at + interval '9 years' WHERE revoked_at IS NULL",
        "UPDATE consent SET purge_by_on = purge_by_on + 1 WHERE revoked_at IS NOT NULL",
    ),
    "each evaluation": (
        "UPDATE kv_evaluation SET limit_fen = limit_fen + 100, base_limit_fen = base_limit_fen + 100",
        "UPDATE kv_evaluation SET record = replace(record, '\"grade\"', '\"Grade\"')",
    ),
}


async def everything_decided(world: World) -> None:
    """A loan that is drawn, covered and repaid in part; an application that was rejected; a consent withdrawn."""
    await lent(world)
    evaluation = (await world.service.rows("SELECT id FROM kv_evaluation"))[0]["id"]
    rejected = await world.apply(str(evaluation), bank=BANK_B, amount_fen=1 * WAN)
    await world.step(rejected["id"], "accept", BANK_B)
    await world.step(rejected["id"], "reject", BANK_B, reason_code="poor_credit_record", note=None)
    consent = (await world.service.rows(f"SELECT id FROM consent WHERE bank_uscc = '{BANK_B}'"))[0]["id"]
    done(await world.firm().delete(f"/v1/consents/{consent}"))


async def test_what_no_rule_would_have_decided_so_is_found_by_its_own_question(world: World) -> None:
    await everything_decided(world)
    assert await found_after(world.service, DECIDED) == set()
    assert {next(one.en for one in DECIDED if one.en.startswith(words)) for words in PLANTED} == {
        one.en for one in DECIDED
    }
    for words, statements in PLANTED.items():
        for statement in statements:
            found = await found_after(world.service, DECIDED, statement)
            assert any(name.startswith(words) for name in found), (statement, found)


def corrected_since(book: RuleBook) -> RuleBook:
    """Return the book with a later version of the loan terms that corrects today's: other periods throughout."""
    today = book.pick(LOAN_TERMS, date(2026, 6, 1))
    document = orjson.loads(today.content)
    document["header"] |= {"version": "2026.9", "supersedes": today.version}
    for name in ("answer_working_days", "draw_within_days", "approval_valid_days"):
        document["parameters"][name]["value"] += 3
    return RuleBook([*book.rule_sets, RuleSet.parse(orjson.dumps(document), name="loan_terms-2026.9.json")])


async def test_a_version_that_is_published_later_changes_no_earlier_decision(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await everything_decided(world)
    later = corrected_since(world.service.app.state.rule_book)
    monkeypatch.setattr(RuleBook, "from_folder", lambda _: later)
    assert later.pick(LOAN_TERMS, date(2026, 6, 1)).version == "2026.9"
    assert await found_after(world.service, DECIDED) == set()
    # Without what the record names, the later version would decide, and otherwise.
    found = await found_after(world.service, DECIDED, "UPDATE audit_entry SET detail = detail - 'rule_sets'")
    assert any(name.startswith("each application") for name in found)
    # A version whose content was changed since is not the one that decided.
    planted = (
        "UPDATE audit_entry SET detail = jsonb_set(detail, '{rule_sets,0}', '\"loan_terms 2022.3 0000000000000000\"')"
    )
    found = await found_after(world.service, DECIDED, f"{planted} WHERE action = 'loan_application.submit'")
    assert any(name.startswith("each application") for name in found)


async def test_every_act_that_rules_decided_names_them(world: World) -> None:
    await everything_decided(world)
    rows = await world.service.rows("SELECT action, detail FROM audit_entry WHERE outcome = 'done'")
    told = {str(row["action"]): [name.split()[0] for name in row["detail"].get("rule_sets", ())] for row in rows}
    assert told["kv_evaluation.complete"] == ["kvc_evaluation", "rd_uplift"]
    assert told["consent.grant"] == told["consent.revoke"] == ["consent_terms"]
    assert told["loan_application.submit"] == told["loan_application.rejected"] == ["loan_terms"]
    assert told["loan_application.signed"] == ["loan_terms", "lpr_1y"]
    assert told["loan.draw"] == ["loan_terms"]
    assert told["cover.file"] == told["cover.decide"] == told["fund_account.contribute"] == ["fund_cover"]
    held = {named(one) for one in world.service.app.state.rule_book.rule_sets}
    assert {name for row in rows for name in row["detail"].get("rule_sets", ())} <= held

"""The IP sheet: open to the bank that holds the application, by consent, each read audited."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from shared.events.finance import ApplicationDecided, ApplicationSubmitted, ConsentGranted, ConsentRevoked
from shared.events.registry import EnterpriseChanged, IntegrityMarks
from shared.kernel.actor import Role
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, firm, patent, right_body

BANK, OTHER_BANK = firm(901), firm(902)
APPLICATION, CONSENT = UUID(int=11), UUID(int=12)
SCOPES = ("ipr.sheet:read",)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def submitted(application_id: UUID = APPLICATION) -> ApplicationSubmitted:
    return ApplicationSubmitted(
        application_id=application_id,
        case_no="KC-2026-500107-000001",
        enterprise_uscc=FIRM_A,
        bank_uscc=BANK,
        evaluation_id=UUID(int=13),
        amount_fen=100_000_000,
        term_months=12,
        answer_due_on=NOW.date(),
    )


def decided(status: str) -> ApplicationDecided:
    return ApplicationDecided(
        application_id=APPLICATION,
        case_no="KC-2026-500107-000001",
        enterprise_uscc=FIRM_A,
        bank_uscc=BANK,
        status=status,
        reason_code=None,
        amount_fen=None,
        valid_until_on=None,
    )


def granted(*scopes: str, purpose: str = "LOAN_APPLICATION") -> ConsentGranted:
    return ConsentGranted(
        consent_id=CONSENT,
        enterprise_uscc=FIRM_A,
        bank_uscc=BANK,
        purpose=purpose,
        scopes=scopes,
        granted_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(days=30),
    )


def revoked() -> ConsentRevoked:
    return ConsentRevoked(
        consent_id=CONSENT,
        enterprise_uscc=FIRM_A,
        bank_uscc=BANK,
        revoked_at=NOW,
        purge_by_on=NOW.date(),
    )


def bank(ipr: RunningService, party: str = BANK) -> httpx.AsyncClient:
    return ipr.client(Role.BANK, party=party, scopes=SCOPES)


async def read(client: httpx.AsyncClient, application_id: UUID = APPLICATION) -> tuple[int, dict[str, Any]]:
    answer = await client.get(f"/v1/ip-sheets/{application_id}")
    return answer.status_code, answer.json()


async def seed(ipr: RunningService) -> None:
    await ipr.deliver(
        EnterpriseChanged(
            uscc=FIRM_A,
            name="示例齿轮有限公司",
            unit_id="500107",
            industry_code=None,
            key_field=None,
            founded_on=None,
            legal_form="LIMITED",
            founder_type=None,
            size_class=None,
            status="ACTIVE",
            integrity=IntegrityMarks(),
        )
    )
    async with ipr.client(Role.IP_CENTRE, scopes=("ipr.right:write",)) as centre:
        owners = [{"uscc": FIRM_A, "share_ppm": 700_000}, {"uscc": FIRM_B, "share_ppm": 300_000}]
        assert (await centre.post("/v1/ip-rights", json=right_body(owners=owners))).status_code == 201
        foreign = right_body(right_no=patent("1", 7), owners=[{"uscc": FIRM_B, "share_ppm": 1_000_000}])
        assert (await centre.post("/v1/ip-rights", json=foreign)).status_code == 201


async def test_a_bank_reads_the_sheet_of_its_application_by_consent_and_the_read_is_audited(
    ipr: RunningService,
) -> None:
    await seed(ipr)
    await ipr.deliver(submitted())
    async with bank(ipr) as client, bank(ipr, OTHER_BANK) as other:
        assert (await read(client))[1]["code"] == "sheet_consent_missing"
        await ipr.deliver(granted("EVALUATION_RESULT", "IP_PORTFOLIO"))
        status, sheet = await read(client)
        assert status == 200
        assert sheet["summary"]["name"] == "示例齿轮有限公司"
        [right] = sheet["rights"]
        assert (right["share_ppm"], right["co_owners"], right["right_no_display"]) == (700_000, 1, "202210123456.1")
        assert FIRM_B not in str(sheet)
        assert (await read(other))[0] == 404
        assert (await read(client, UUID(int=99)))[0] == 404
    [row] = await ipr.rows("SELECT * FROM audit_entry WHERE action = 'ip_sheet.read'")
    assert (row["party"], row["uscc"], row["consent_id"], row["fields"]) == (
        BANK,
        FIRM_A,
        CONSENT,
        ["summary", "rights"],
    )
    tries = await ipr.rows("SELECT * FROM audit_entry WHERE outcome = 'refused' AND party = :party", party=OTHER_BANK)
    assert len(tries) == 1
    early, _ = await ipr.rows("SELECT * FROM audit_entry WHERE outcome = 'refused' AND party = :party", party=BANK)
    assert early["uscc"] == FIRM_A


async def test_a_consent_for_other_data_does_not_open_the_sheet(ipr: RunningService) -> None:
    await ipr.deliver(submitted())
    await ipr.deliver(granted("EVALUATION_RESULT"))
    async with bank(ipr) as client:
        assert await code(client) == "sheet_consent_missing"


async def test_a_withdrawal_that_arrives_before_its_grant_keeps_the_sheet_closed(ipr: RunningService) -> None:
    await ipr.deliver(submitted())
    await ipr.deliver(revoked(), version=2, sequence=1)
    await ipr.deliver(granted("IP_PORTFOLIO"), version=1)
    async with bank(ipr) as client:
        assert await code(client) == "sheet_consent_missing"


async def test_an_expired_consent_closes_the_sheet(ipr: RunningService) -> None:
    await ipr.deliver(submitted())
    await ipr.deliver(granted("IP_PORTFOLIO"))
    async with bank(ipr) as client:
        assert (await read(client))[0] == 200
        ipr.clock.advance(timedelta(days=30))
        assert await code(client) == "sheet_consent_missing"


async def test_a_rejected_application_closes_its_sheet_whichever_event_comes_first(ipr: RunningService) -> None:
    await ipr.deliver(decided("REJECTED"), version=2, sequence=1)
    await ipr.deliver(submitted(), version=1)
    await ipr.deliver(granted("IP_PORTFOLIO"))
    async with bank(ipr) as client:
        assert await code(client) == "sheet_application_closed"


async def code(client: httpx.AsyncClient) -> str:
    status, problem = await read(client)
    assert status == 403
    return str(problem["code"])

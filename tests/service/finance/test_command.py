"""The operator records a publication of the LPR by the use case of the route, with the same audit and the same "no"."""

import asyncio

import pytest

from services.finance.command import main
from tests.service.finance.world import World

AUGUST = [
    "--percent", "2.90",
    "--published-on", "2026-08-20",
    "--notice", "2026-08-20公告",
    "--source", "https://www.chinamoney.com.cn/chinese/bklpr/",
]  # fmt: skip


class Terminal:
    """Types commands and reads what they say."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    async def types(self, *words: str) -> tuple[int, str, str]:
        """Return exit code, output and complaints."""
        code = await asyncio.to_thread(main, ["lpr", *words])
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def terminal(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setenv("FINANCE_DATABASE_URL", world.service.database_url)
    monkeypatch.setenv("KECHUANG_OPERATOR", "li.rates")
    return Terminal(capsys)


async def test_a_publication_that_the_operator_records_decides_as_one_that_an_officer_records(
    world: World, terminal: Terminal
) -> None:
    code, said, _ = await terminal.types("record", *AUGUST)
    assert (code, said.split("\t")[1:4]) == (0, ["2026-08-20", "1y", "2.9%"])
    answer = (await world.bank().get("/v1/lpr?on=2026-08-20")).json()
    assert (answer["rate_ppm"], answer["status"], answer["source"]) == (29_000, "RECORDED", AUGUST[-1])
    listed = (await world.city.get("/v1/lpr-publications")).json()["items"]
    assert [(one["id"], one["recorded_by"]) for one in listed] == [(said.split("\t")[0], "operator:li.rates")]
    audit = await world.service.rows("SELECT client_id, action FROM audit_entry WHERE action LIKE 'lpr%'")
    assert [tuple(row.values()) for row in audit] == [("operator:li.rates", "lpr_publication.record")]


async def test_a_dry_run_checks_everything_and_keeps_nothing(world: World, terminal: Terminal) -> None:
    code, said, _ = await terminal.types("record", *AUGUST, "--dry-run")
    assert (code, said.splitlines()[-1]) == (0, "试运行：已核对，未保存 dry run: checked, nothing was saved")
    assert (await world.city.get("/v1/lpr-publications")).json()["items"] == []
    assert await world.service.rows("SELECT 1 FROM audit_entry WHERE action LIKE 'lpr%'") == []
    refused, _, why = await terminal.types("record", *AUGUST, "--percent", "9.5", "--dry-run")
    assert (refused, "9.5%" in why or "3%" in why) == (1, True)


async def test_the_same_month_again_is_a_conflict_in_words_and_a_correction_keeps_both(terminal: Terminal) -> None:
    _, first, _ = await terminal.types("record", *AUGUST)
    number = first.split("\t")[0]
    code, _, why = await terminal.types("record", *AUGUST)
    assert code == 1
    assert "已登记：2.9%" in why
    assert "is recorded already: 2.9%" in why
    assert number in why
    assert (await terminal.types("record", *AUGUST, "--percent", "2.95", "--replaces", number))[0] == 0
    listed = (await terminal.types("list"))[1].splitlines()
    assert [line.split("\t")[3:5] for line in listed] == [["2.95%", "有效 in force"], ["2.9%", "已更正 corrected"]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--percent", "2,90"], ("百分数", "per cent")),
        (["--percent", "-2.9"], ("百分数", "per cent")),
        (["--published-on", "2026-08"], ("应为日期", "must be a date")),
        (["--published-on", "2099-08-20"], ("公布日期", "day of publication")),
        (["--notice", " "], ("证书编号", "the number of an official document")),
        (["--replaces", "x"], ("编号", "must be an id")),
    ],
)
async def test_what_cannot_be_right_is_refused_in_words(
    terminal: Terminal, words: list[str], told: tuple[str, ...]
) -> None:
    code, _, why = await terminal.types("record", *AUGUST, *[f"{words[0]}={words[1]}"])
    assert code == 1
    assert all(part in why for part in told), why
    assert "Traceback" not in why


async def test_the_help_is_in_both_languages_and_the_five_year_rate_is_not_taken(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["lpr", "record", "--help"])
    told = capsys.readouterr().out
    assert "公布值" in told
    assert "the rate in per cent" in told
    with pytest.raises(SystemExit) as ended:
        main(["lpr", "record", *AUGUST, "--tenor", "5y"])
    assert ended.value.code == 2

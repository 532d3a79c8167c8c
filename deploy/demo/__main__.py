"""Load the made-up city when the database is empty, then tell the main job once; on later starts say how it stands."""

import sys
from datetime import date
from typing import Any

from deploy.demo.caller import Caller, RefusedError
from deploy.demo.city import load
from deploy.demo.firm import STORY_FIRM
from deploy.demo.journal import Journal
from deploy.demo.office import let_rights_and_listings_wait
from deploy.demo.story import Story
from deploy.demo.teller import Teller, money
from deploy.demo.waiting import let_applications_wait, let_the_district_work
from deploy.embedded.launch_settings import LaunchSettings
from shared.kernel.clock import SystemClock, shanghai_date


def main() -> int:
    """Run the demonstration; what was cut off goes on where it was, with the same idempotency keys."""
    settings = LaunchSettings.from_environment()
    folder = settings.home / "story"
    journal = Journal(folder / "answers.jsonl")
    caller = Caller(settings, journal)
    teller = Teller(lambda line: print(line, flush=True))
    try:
        if "end/line" in journal:
            _stands(caller, teller)
            let_applications_wait(caller, teller, _begun(caller))
            let_the_district_work(caller, teller, _begun(caller))
            let_rights_and_listings_wait(caller, teller, _begun(caller))
            return 0
        if not len(journal) and caller.read("city", f"/v1/enterprises/{STORY_FIRM.uscc}") is not None:
            teller.tell("演示数据已由别处载入。", "The demonstration was loaded from elsewhere.")
            return 0
        if "begin" not in journal:
            journal.record("begin", answer={"today": shanghai_date(SystemClock().now()).isoformat()})
        today = _begun(caller)
        if "city" not in journal:
            load(caller, today)
        teller.tell(
            f"主流程：以演示客户端经 {settings.url} 逐步调用，全部应答记录于 {journal.path}",
            "The main job, done step by step over HTTP; every answer is recorded there.",
        )
        Story(caller, teller, today).tell()
        let_applications_wait(caller, teller, today)
        let_the_district_work(caller, teller, today)
        let_rights_and_listings_wait(caller, teller, today)
        (folder / "story.txt").write_text("\n".join(teller.said) + "\n", encoding="utf-8")
    except (RefusedError, TimeoutError, AssertionError) as stopped:
        print(f"The story stopped 演示中断: {stopped}", file=sys.stderr, flush=True)
        return 1
    finally:
        caller.close()
    return 0


def _begun(caller: Caller) -> date:
    """Return the day on which the demonstration began: all its dates are counted from it."""
    return date.fromisoformat(caller.journal.answer("begin")["today"])


def _stands(caller: Caller, teller: Teller) -> None:
    """Say how the loan of the story stands now."""
    line: dict[str, Any] = caller.read("enterprise-1", f"/v1/credit-limits/{STORY_FIRM.uscc}")
    teller.chapter("沿用已有数据", "Going on with the same data")
    teller.fact("授信额度", "credit limit", money(line["limit_fen"]))
    teller.fact("已用", "drawn", money(line["drawn_fen"]))
    teller.fact("剩余可用", "left", money(line["available_fen"]))


if __name__ == "__main__":
    sys.exit(main())

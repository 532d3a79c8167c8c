"""A published version of a rule set never changes, and a decision of years ago finds its bytes."""

import json
import shutil
from pathlib import Path

import pytest

from shared.db.engine import Database
from shared.db.rule_set import PublishedRuleSetChanged, load, publish_folder, published
from shared.events.rule_set import FinanceRuleSetPublished
from shared.kernel.actor import system_actor
from tests.support.lab import clock, lab_database, scalar
from tests.support.postgres import DatabaseServer

SHIPPED = Path(__file__).resolve().parents[3] / "services" / "finance" / "policies"


async def publish(db: Database, folder: Path) -> None:
    async with db.transaction(actor=system_actor("finance"), clock=clock()) as tx:
        await publish_folder(tx, folder, FinanceRuleSetPublished)


async def test_each_version_is_published_once_and_told_once(postgres: DatabaseServer, tmp_path: Path) -> None:
    shutil.copy(SHIPPED / "loan_terms-2022.1.json", tmp_path)
    async with lab_database(postgres, "finance") as db:
        await publish(db, tmp_path)
        await publish(db, tmp_path)
        assert await scalar(db, "SELECT count(*) FROM outbox_event") == 1
        async with db.transaction(actor=system_actor("finance"), clock=clock(), read_only=True) as tx:
            (entry,) = await published(tx)
            rule_set = await load(tx, str(entry["sha256"]))
            assert await load(tx, "0" * 64) is None
        assert (entry["policy"], entry["version"]) == ("loan_terms", "2022.1")
        assert rule_set is not None
        assert rule_set.content == (SHIPPED / "loan_terms-2022.1.json").read_bytes()


async def test_a_file_that_was_changed_under_a_published_version_refuses_to_start(
    postgres: DatabaseServer, tmp_path: Path
) -> None:
    shutil.copy(SHIPPED / "loan_terms-2022.1.json", tmp_path)
    async with lab_database(postgres, "finance") as db:
        await publish(db, tmp_path)
        path = tmp_path / "loan_terms-2022.1.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        document["header"]["title_en"] += " (mended in silence)"
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        with pytest.raises(PublishedRuleSetChanged, match=r"loan_terms 2022\.1"):
            await publish(db, tmp_path)
        assert await scalar(db, "SELECT count(*) FROM outbox_event") == 1

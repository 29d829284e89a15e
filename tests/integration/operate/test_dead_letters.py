"""Dead letters on the host, while the bot is down."""

import asyncio
from datetime import timedelta

import pytest

from operate.__main__ import main
from state.store.opening import open_store
from tests.contract.asking import A, claim_one, owe

LEASE = timedelta(seconds=30)


@pytest.fixture
async def dead(url):
    """Three dead letters of two reasons; their jobs."""
    async with open_store(url, lease=LEASE) as store:
        jobs = await owe(store, 3)
        claim = await claim_one(store)
        claim = await store.dead(claim, claim.notices[0].seq, status=404, error="ConversationNotFound")
        claim = await store.dead(claim, claim.notices[1].seq, status=403, error="BotNotInRoster")
        assert claim is None
    return jobs


async def test_they_are_listed_counted_requeued_and_purged(url, operate, dead):
    code, lines = await operate("dead-letters")
    assert (code, len(lines)) == (0, 3)
    assert lines[0].endswith(f" {dead[0]} succeeded 404 ConversationNotFound")
    assert (await operate("dead-letters", "--reason", "roster", "--most", "1"))[1][0].endswith(
        "BotNotInRoster"
    )
    code, lines = await operate("requeue")
    assert (code, lines[0]) == (0, "3 fit; add --yes to requeue them")
    assert sorted(line.split() for line in lines[1:]) == [
        ["1", "ConversationNotFound"],
        ["2", "BotNotInRoster"],
    ]
    assert await operate("purge", "--job", str(dead[0]), "--yes") == (0, ["1 done"])
    assert await operate("requeue", "--reason", "roster", "--yes") == (0, ["2 done"])
    assert await operate("dead-letters") == (0, [""])
    async with open_store(url, lease=LEASE) as store:
        assert [notice.job_id for notice in (await claim_one(store)).notices] == dead[1:]
        assert (await store.held(A)).notices == 2
        acts = [
            (entry.act, entry.way, entry.changed) for entry in (await store.operators.audit.entries(limit=9))
        ]
    assert acts == [("requeue", "the host", 2), ("purge", "the host", 1)]


async def test_a_job_log_that_cannot_be_used_is_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none' / 'jobs.sqlite3'}")
    assert await asyncio.to_thread(main, ["dead-letters"]) == 1
    assert "cannot be used" in capsys.readouterr().err

"""Frequent statements use indexes, whatever the size of the tables."""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from jobs.listing import PageAsked, Section
from state.store.operators import histories, letter_runs, overview
from state.store.postgres import attempts, live, preferring, retention, tidying, watching
from state.store.postgres.claiming import CLAIM, RENEW, WAITING
from state.store.postgres.completing import FINISH
from state.store.postgres.conversations import HEAR
from state.store.postgres.database import SERVER_SETTINGS
from state.store.postgres.events import DRAIN, OWE
from state.store.postgres.levels import LEVELS
from state.store.postgres.overdue import DUE
from state.store.postgres.reading import FIND, PLACE, listing
from state.store.postgres.settling import DEAD, GIVE_BACK, SENT
from state.store.postgres.sql import LOCK_LANES
from state.store.postgres.starting import START
from tests.integration.postgres.seeding import seed

pytestmark = pytest.mark.slow

ROWS = 120_000
LEASE = 30_000_000
BATCH = 256
LANES = [f"test/{n}" for n in range(BATCH)]
NUMBERS = list(range(1, BATCH + 1))
TEXTS = ["text"] * BATCH
NONE = [None] * BATCH

#: Everybody, a tenant, and a conversation that is its own.
TENANTS = (None, "tenant", LANES[0])


def _listing(tenant: str | None, section: Section) -> tuple[str, list[object]]:
    statement, values = listing(PageAsked(lane=LANES[0], size=20, tenant=tenant), section)
    return statement, [NUMBERS[-1], 21, *values]


def asked(statement: str) -> str:
    """Return a statement of operators as it is sent to PostgreSQL."""
    return statement.replace("?", "$")


STATEMENTS = {
    "start": (
        START,
        [None, LANES, LANES, NONE, NONE, NONE, TEXTS, TEXTS, NUMBERS, TEXTS, [0.5] * BATCH, *[NONE] * 7, 1],
    ),
    "finish": (FINISH, [None, LEASE, NUMBERS, TEXTS, TEXTS, TEXTS, TEXTS, NONE, NONE]),
    "sent": (SENT, [None, LEASE, LANES, TEXTS, NUMBERS, TEXTS]),
    "dead": (DEAD, [None, LEASE, LANES, TEXTS, NUMBERS, TEXTS, NUMBERS, NUMBERS, TEXTS]),
    "give back": (GIVE_BACK, [None, LANES, TEXTS, NUMBERS, *[[True] * BATCH] * 3, TEXTS, TEXTS]),
    "claim": (CLAIM, [None, LEASE, TEXTS]),
    "renew": (RENEW, [None, LEASE, LANES, TEXTS]),
    "waiting": (WAITING, [LANES, [0] * BATCH]),
    "find": (FIND, [NUMBERS]),
    "place": (PLACE, [LANES[0], "activity", None]),
    **{f"{section} of {tenant}": _listing(tenant, section) for tenant in TENANTS for section in Section},
    "owe events": (OWE, [None, LANES, TEXTS, NUMBERS, TEXTS, NONE, NONE]),
    "drain": (DRAIN, [None, ":webhook/ci/", ":webhook/ci/:"]),
    "overdue": (DUE, [None]),
    "watched": (watching.ENDED, []),
    "live": (live.CLAIM, [None, 1, [1] * BATCH]),
    "all live": (live.CLAIM, [None, 1, None]),
    "prefer": (preferring.SET, [None, LANES[0], "{}"]),
    "lock held back": (preferring.LOCK_JOBS, [LANES[0]]),
    "hold back": (preferring.MOVE, [LANES[0], 0, TEXTS, 1]),
    "outcomes before": (preferring.OUTCOMES_BEFORE, [LANES[0], NUMBERS, TEXTS, TEXTS]),
    "levels": (LEVELS, [None]),
    "counts": (asked(overview.COUNTS), [1]),
    "reports": (asked(overview.REPORTS.format("?1, ?2")), [1, 2]),
    "queues": (asked(overview.WAITING), [1, LANES[0], 51]),
    "muted": (asked(overview.MUTED), [1, 1, LANES[0], 51]),
    "backlog": (asked(overview.BACKLOG), [":webhook/ci/", ":webhook/ci/:"]),
    "history": (asked(histories.HISTORY), [1]),
    "attempts": (asked(histories.ATTEMPTS), [1, LANES[0], 5, 1, 1]),
    "take": (asked(letter_runs.TAKE), [1, 2]),
    "keep attempts": (
        attempts.KEEP,
        [None, LANES, *[NUMBERS] * 3, TEXTS, NUMBERS, TEXTS, NUMBERS, NUMBERS, TEXTS],
    ),
    "look at old jobs": (retention.LOOK, [0]),
    "lock old jobs": (retention.LOCK, [0, NUMBERS[-1], 1]),
    "forget": (retention.FORGET, [LANES]),
    "lock lanes": (LOCK_LANES, [None, LANES]),
    "look at rows": (tidying.LOOK, [LANES[0]]),
    "forget lanes": (tidying.FORGET_LANES, [None, LANES]),
    "forget addresses": (tidying.FORGET_ADDRESSES, [LANES]),
    "hear": (HEAR, [None, LANES, TEXTS, [0] * BATCH]),
}


@pytest.mark.parametrize("rows", [20, ROWS])
async def test_no_hot_statement_reads_a_whole_table(store, url, rows):
    """
    Asked eight times: five plans are made for the arguments, then the server may settle on one for all.

    In a small log too: it keeps the plan while the log grows, until it next looks how large the tables are.
    """
    server = await asyncpg.connect(url, server_settings={**SERVER_SETTINGS, "statement_timeout": "0"})
    compiled = set()
    await seed(server, rows)
    scanned = {}
    for name, (statement, arguments) in STATEMENTS.items():
        prepared = await server.prepare(statement)
        plans = [await explain(server, prepared, arguments) for _ in range(8)]
        compiled |= {name for plan in plans if "JIT" in plan}
        scanned[name] = {
            node["Relation Name"]
            for plan in plans
            for node in nodes(plan["Plan"])
            if node["Node Type"] == "Seq Scan"
        }
    await server.close()
    assert scanned == {name: set() for name in STATEMENTS}
    assert compiled == set(), "compiling takes longer than running"


async def explain(server: asyncpg.Connection, prepared: Any, arguments: list[Any]) -> dict[str, Any]:
    """Return how the server would run a prepared statement now."""
    types = [parameter.name.removesuffix("[]") for parameter in prepared.get_parameters()]
    values = ", ".join(literal(value, kind) for value, kind in zip(arguments, types, strict=True))
    given = f" ({values})" if values else ""
    told = await server.fetchval(f'EXPLAIN (FORMAT JSON) EXECUTE "{prepared.get_name()}"{given}')
    plan: dict[str, Any] = json.loads(told)[0]
    return plan


def literal(value: Any, kind: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"ARRAY[{', '.join(literal(each, kind) for each in value)}]::{kind}[]"
    return f"'{value}'::{kind}"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)

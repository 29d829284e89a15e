"""Common parts of SQL statements."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from state.store.leases import probe_after

#: The current time in microseconds: the statement's first argument, or if that is NULL, the server's clock
#: when the statement arrived, which is one clock for all replicas.
NOW = "coalesce($1::bigint, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)"

#: Microseconds until the first probe of a parked lane.
FIRST_PROBE = f"{probe_after(0) // timedelta(microseconds=1)}::bigint"

#: Whether quiet hours hold the lane `l`: what they let through is then due.
IS_HELD = "l.passes IS NOT NULL AND l.token IS NULL AND l.parked_at IS NULL"

_NEWEST_ALONE = "(SELECT max(k.id) FROM jobs AS k WHERE k.tenant = {lane} AND k.lane = {lane})"
_NEWEST_TOGETHER = "(SELECT max(k.id) FROM jobs AS k WHERE k.tenant <> k.lane AND k.lane = {lane})"

#: The number of the newest job of a conversation, in the words of the indexes that know it.
NEWEST = f"greatest({_NEWEST_ALONE}, {_NEWEST_TOGETHER})"

#: Where the conversation of the job `j` was last heard from.
ADDRESS = f"""coalesce(
    (SELECT m.service_url FROM moved AS m WHERE m.lane = j.lane),
    (SELECT substring(n.reference from '"serviceUrl": ?"([^"]*)"') FROM jobs AS n WHERE n.id = CASE
        WHEN j.tenant = j.lane THEN {_NEWEST_ALONE} ELSE {_NEWEST_TOGETHER} END),
    ''
)""".format(lane="j.lane")

#: Where the places of a lane's new row begin: behind those that dead letters still have.
BEGINS_AT = f"greatest({NOW}, (SELECT max(seq) FROM notices AS b WHERE b.lane = {{lane}}))"

#: Jobs are locked before lanes, and lanes in the order of their keys: then statements do not deadlock. One
#: that has no row yet gets it.
LOCK_LANES = f"""
WITH asked AS (
    SELECT * FROM unnest($2::text[]) AS a (lane)
), new AS (
    INSERT INTO lanes (lane, head, tail)
    SELECT a.lane, new.begins_at, new.begins_at
    FROM asked AS a CROSS JOIN LATERAL (SELECT {BEGINS_AT.format(lane="a.lane")} AS begins_at) AS new
    ORDER BY a.lane ON CONFLICT DO NOTHING
)
SELECT lane FROM lanes WHERE lane IN (SELECT lane FROM asked) ORDER BY lane FOR UPDATE
"""


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Return *rows* of *width* values as that many arrays, for `unnest`."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]

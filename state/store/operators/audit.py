"""The record of what operators do."""

from collections.abc import Callable
from datetime import datetime

from instants import instant, micros
from jobs.operators import AuditEntry, Operator
from state.store.statements import Statements

_RECORD = "INSERT INTO audit (at, who, way, act, target, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"

LIST = "SELECT at, who, way, act, target, count, id FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2"

OF_TARGET = """
SELECT at, who, way, act, target, count, id FROM audit WHERE target = ?1 ORDER BY id DESC LIMIT ?2
"""

_NEWEST = 2**53


class Audit:
    """Adds entries, and lists them. No method changes or deletes one."""

    def __init__(self, statements: Statements, clock: Callable[[], datetime]) -> None:
        self._statements = statements
        self._clock = clock

    async def record(self, who: Operator, act: str, target: str, count: int = 1) -> None:
        """Add an entry, before the act: a failed act that is recorded is better than the reverse."""
        entry = (micros(self._clock()), who.name, who.way, act, target, count)
        await self._statements.write(_RECORD, *entry)

    async def entries(self, *, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return entries, the newest first; *before* is the id of an entry."""
        rows = await self._statements.fetch(LIST, _NEWEST if before is None else before, limit)
        return [AuditEntry(instant(at), *rest) for at, *rest in rows]

    async def of(self, target: str, *, limit: int) -> list[AuditEntry]:
        """Return what was done to *target*, the newest first."""
        rows = await self._statements.fetch(OF_TARGET, target, limit)
        return [AuditEntry(instant(at), *rest) for at, *rest in rows]

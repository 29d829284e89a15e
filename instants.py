"""Instants as the stores keep them: whole microseconds since the epoch, UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(instant: datetime) -> int:
    """Return *instant*, which must be aware, as microseconds since the epoch."""
    return (instant - _EPOCH) // _MICROSECOND


def instant(micros: int) -> datetime:
    """Return the aware UTC instant *micros* microseconds after the epoch."""
    return _EPOCH + timedelta(microseconds=micros)


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)

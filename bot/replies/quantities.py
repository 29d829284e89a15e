"""Counts and durations as people say them."""

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def counted(count: int, noun: str) -> str:
    """Return such as ``1 job`` or ``1,234 jobs``."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def duration(seconds: float | None) -> str:
    """Return *seconds* in its two largest units, such as ``4 min 12 s``; an empty text for None."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    left, parts = round(seconds), []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])

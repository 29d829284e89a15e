"""What the bot remembers of a conversation beside its jobs: who was welcomed, how far it has read."""

from sqlite3 import Cursor

from state.changes import Bookmark, ForgetMembers, WelcomeMembers


def welcome_members(cursor: Cursor, change: WelcomeMembers) -> tuple[str, ...]:
    """Remember the members; return those who are new, each once, in their order."""
    return tuple(
        member
        for member in change.members
        if cursor.execute(
            "INSERT INTO members (lane, member) VALUES (?, ?) ON CONFLICT DO NOTHING", (change.lane, member)
        ).rowcount
    )


def forget_members(cursor: Cursor, change: ForgetMembers) -> None:
    """Forget the members."""
    cursor.executemany(
        "DELETE FROM members WHERE lane = ? AND member = ?",
        [(change.lane, member) for member in change.members],
    )


def set_bookmark(cursor: Cursor, change: Bookmark) -> None:
    """Move the lane's bookmark, or take it out."""
    if change.before is None:
        cursor.execute("DELETE FROM bookmarks WHERE lane = ?", (change.lane,))
    else:
        cursor.execute(
            "INSERT INTO bookmarks (lane, before) VALUES (?1, ?2)"
            " ON CONFLICT (lane) DO UPDATE SET before = ?2",
            (change.lane, change.before),
        )

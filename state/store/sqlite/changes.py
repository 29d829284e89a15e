"""The changes that a turn may commit, each by its statements."""

from collections.abc import Callable
from sqlite3 import Cursor

from jobs.changes import (
    AskCancel,
    BeginJob,
    Bookmark,
    Change,
    DeferLane,
    FinishJob,
    ForgetMembers,
    Outcome,
    OweNotice,
    OweReply,
    ParkLane,
    SetPreferences,
    StartJob,
    WelcomeMembers,
)
from state.store.sqlite import completing, conversations, events, owing, preferring, starting


def make_change(cursor: Cursor, change: Change, now: int, lease: int, spread: Callable[[], float]) -> Outcome:
    """Make one change in the caller's transaction; return its outcome."""
    match change:
        case StartJob():
            return starting.start_jobs(cursor, [change], now, spread)[0]
        case FinishJob():
            return completing.finish_jobs(cursor, [change], now, lease)[0]
        case AskCancel():
            return events.ask_cancel(cursor, change, now)
        case BeginJob():
            return completing.begin_job(cursor, change, now)
        case OweNotice():
            return owing.owe_notice(cursor, change, now, lease)
        case OweReply():
            return owing.owe_reply(cursor, change, now, lease)
        case WelcomeMembers():
            return conversations.welcome_members(cursor, change)
        case ForgetMembers():
            conversations.forget_members(cursor, change)
        case ParkLane():
            conversations.park_lane(cursor, change, now)
        case DeferLane():
            conversations.defer_lane(cursor, change, now)
        case SetPreferences():
            preferring.set_preferences(cursor, change, now)
        case Bookmark():
            conversations.set_bookmark(cursor, change)
    return None

"""What the log lines of a task are about, for formats that say it in fields."""

from contextvars import ContextVar

#: The key of the conversation's lane; None where a line is about none.
CONVERSATION: ContextVar[str | None] = ContextVar("conversation", default=None)

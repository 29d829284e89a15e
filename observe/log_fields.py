"""Fields of log records that say what a line is about: its trace, and the conversation."""

import logging
from collections.abc import Callable

from log_context import CONVERSATION
from observe.tracing.configuring import current_ids


class ContextFields(logging.Filter):
    """
    Adds `conversation`, `trace_id` and `span_id` to records that are written in the context of such.

    The jobs that a line is about are in `job` or `jobs`: whoever logs it says them.
    """

    def __init__(self, conversation: Callable[[str], str]) -> None:
        """*conversation* says how logs name that of a lane."""
        super().__init__()
        self._conversation = conversation

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the fields to *record*."""
        if (lane := CONVERSATION.get()) is not None:
            record.conversation = self._conversation(lane)
        if (ids := current_ids()) is not None:
            record.trace_id, record.span_id = ids
        return True

"""The job log as one document of bot state, as in the SDK's documentation."""

from __future__ import annotations

from dataclasses import dataclass

from botbuilder.core import BotState, Storage, TurnContext
from botbuilder.schema import ConversationReference


@dataclass
class JobData:
    """A job: when it was started, in microseconds since the epoch, which is also its number."""

    time_stamp: int
    conversation: ConversationReference
    completed: bool = False


class JobState(BotState):  # type: ignore[misc]  # The SDK is untyped.
    """State that all conversations share, so the storage key names neither a user nor a conversation."""

    STORAGE_KEY = "ProactiveBot.JobState"

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage, self.STORAGE_KEY)
        self.job_log = self.create_property("JobLog")

    def get_storage_key(self, turn_context: TurnContext) -> str:
        return self.STORAGE_KEY

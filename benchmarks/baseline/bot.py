"""The bot's turns."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from botbuilder.core import ActivityHandler, BotFrameworkAdapter, TurnContext
from botbuilder.schema import ChannelAccount
from botframework.connector.auth import AuthenticationConstants, ClaimsIdentity

from benchmarks.baseline.job_state import JobData, JobState

HELP = (
    "Type `run` or `run job` to start a new job.<br>"
    "Type `show` or `show jobs` to display the job log.<br>"
    "Type `done <jobNumber>` to complete a job."
)
TABLE_HEAD = "| Job number &nbsp; | Conversation ID &nbsp; | Completed |<br>| :--- | :---: | :---: |<br>"

# The samples make up an app id when there is none, and the SDK then asks for a token. This one asks for none.
ANONYMOUS = ClaimsIdentity({}, True, AuthenticationConstants.ANONYMOUS_AUTH_TYPE)

Log = dict[str, JobData]


class ProactiveBot(ActivityHandler):  # type: ignore[misc]  # The SDK is untyped.
    def __init__(self, adapter: BotFrameworkAdapter, job_state: JobState) -> None:
        self.adapter = adapter
        self.job_state = job_state

    async def on_members_added_activity(
        self, members_added: list[ChannelAccount], turn_context: TurnContext
    ) -> None:
        for member in members_added:
            if member.id != turn_context.activity.recipient.id:
                await turn_context.send_activity(f"Welcome to the proactive bot, {member.name}.<br>{HELP}")

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        job_log = await self.job_state.job_log.get(turn_context, dict)
        match (turn_context.activity.text or "").strip().lower().split():
            case ["run"] | ["run", "job"]:
                job = await self.create_job(turn_context, job_log)
                await turn_context.send_activity(
                    f"We're starting job {job.time_stamp} for you. We'll notify you when it's complete."
                )
            case ["show"] | ["show", "jobs"]:
                await turn_context.send_activity(table(job_log) if job_log else "The job log is empty.")
            case ["done", number]:
                await self.done(turn_context, job_log, number)
            case ["done", *_]:
                await turn_context.send_activity('Enter the job ID number after "done".')
            case _:
                await turn_context.send_activity(HELP)

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        if turn_context.activity.name != "jobComplete":
            return
        job_log = await self.job_state.job_log.get(turn_context, dict)
        job = job_log.get(str(turn_context.activity.value))
        if job is not None and not job.completed:
            await self.complete_job(job)

    async def create_job(self, turn_context: TurnContext, job_log: Log) -> JobData:
        reference = TurnContext.get_conversation_reference(turn_context.activity)
        job = JobData(time_stamp=time.time_ns() // 1000, conversation=reference)
        job_log[str(job.time_stamp)] = job
        await self.job_state.job_log.set(turn_context, job_log)
        await self.job_state.save_changes(turn_context)
        return job

    async def done(self, turn_context: TurnContext, job_log: Log, number: str) -> None:
        job = job_log.get(number)
        if job is None:
            await turn_context.send_activity(f"The log does not contain a job {number}.")
        elif job.completed:
            await turn_context.send_activity(f"Job {number} is already complete.")
        else:
            await turn_context.send_activity(f"Completing job {number}.")
            await self.complete_job(job)

    async def complete_job(self, job: JobData) -> None:
        await self.adapter.continue_conversation(
            job.conversation, self.completion_of(job), claims_identity=ANONYMOUS
        )

    def completion_of(self, job: JobData) -> Callable[[TurnContext], Awaitable[Any]]:
        async def complete(turn_context: TurnContext) -> None:
            job_log = await self.job_state.job_log.get(turn_context, dict)
            job_log[str(job.time_stamp)].completed = True
            await self.job_state.job_log.set(turn_context, job_log)
            await self.job_state.save_changes(turn_context)
            await turn_context.send_activity(f"Job {job.time_stamp} is complete.")

        return complete


def table(job_log: Log) -> str:
    return TABLE_HEAD + "<br>".join(row(job) for job in job_log.values())


def row(job: JobData) -> str:
    conversation_id = job.conversation.conversation.id.split("|")[0]
    return f"| {job.time_stamp} &nbsp; | {conversation_id} &nbsp; | {job.completed} |"

"""The response body for an event that reports on a job: what became of the report."""

from dataclasses import dataclass

from botbuilder.core import TurnContext

from jobs.changes import ReportResult
from jobs.job import JobId

_KEY = "ProactiveBot.Receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the report: a word for programs, and a sentence for people."""

    result: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """Return the receipt as it goes into the answer."""
        return {"result": self.result, "detail": self.detail}


NOT_ACCEPTED = Receipt("not accepted", "This caller may not report on jobs; nothing was changed.")
NO_JOB_NUMBER = Receipt(
    "no job number", "The event's value must be a job number, or an object with jobId; nothing was changed."
)


def completion_receipt(job_id: JobId, result: ReportResult) -> Receipt:
    """Return the receipt for a report that *job_id* is complete."""
    match result:
        case ReportResult.ACCEPTED | ReportResult.REPEATED:
            told = "the conversation that started it will be told"
            return Receipt("completed", f"Job {job_id} is complete; {told}.")
        case ReportResult.ALREADY_FINISHED:
            return Receipt("already complete", f"Job {job_id} was complete before; nothing was changed.")
        case ReportResult.UNKNOWN_JOB:
            return Receipt("unknown job", f"There is no job {job_id}; nothing was changed.")


def leave_receipt(turn: TurnContext, receipt: Receipt) -> None:
    """Set *receipt* as the response body of the request that *turn* handles."""
    turn.turn_state[_KEY] = receipt


def receipt_of(turn: TurnContext) -> Receipt | None:
    """Return the receipt that `leave_receipt` set, if any."""
    receipt: Receipt | None = turn.turn_state.get(_KEY)
    return receipt

"""The response body for an event that reports on a job: what became of the report."""

from dataclasses import dataclass

from botbuilder.core import TurnContext

from bot.report_events import ReportEvent
from jobs.changes import ReportResult
from jobs.job import JobId
from jobs.transitions import ReportKind
from text import one_line

_KEY = "ProactiveBot.Receipt"

_NAMES_LENGTH = 300  # Characters of names from outside.


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the report: a word for programs, and a sentence for people."""

    result: str
    detail: str
    cancel_requested: bool = False  #: Whether somebody wants the job to be cancelled.

    def as_json(self) -> dict[str, str | bool]:
        """Return the receipt as it goes into the answer."""
        said: dict[str, str | bool] = {"result": self.result, "detail": self.detail}
        return said | {"cancelRequested": True} if self.cancel_requested else said


NOT_ACCEPTED = Receipt("not accepted", "This caller may not report on jobs; nothing was changed.")
NO_JOB_NUMBER = Receipt(
    "no job number",
    "The event's value must be a job number, or an object with jobId or externalId; nothing was changed.",
)
NO_SUCH_EXTERNAL_ID = Receipt("unknown job", "There is no job with this externalId; nothing was changed.")


#: Of each end: the word for programs, and the verb for people.
_ENDS = {
    ReportKind.SUCCEEDED: ("completed", "is complete"),
    ReportKind.FAILED: ("failed", "failed"),
    ReportKind.CANCELLED: ("cancelled", "was cancelled"),
}


def verb_of(kind: ReportKind) -> str:
    """Return what a job does or did after a report of this *kind*, such as ``is complete``."""
    return _ENDS[kind][1] if kind in _ENDS else "is running"


def report_receipt(report: ReportEvent, job_id: JobId, result: ReportResult) -> Receipt:
    """Return the receipt for *report*, on *job_id*."""
    match result:
        case ReportResult.ACCEPTED | ReportResult.REPEATED:
            word = _ENDS[report.kind][0] if report.kind in _ENDS else "noted"
            told = "; the conversation that started it will be told" if report.kind in _ENDS else ""
            return Receipt(word, f"Job {job_id} {verb_of(report.kind)}{told}.{_left_out(report)}")
        case ReportResult.ALREADY_FINISHED:
            return Receipt("already complete", f"Job {job_id} was complete before; nothing was changed.")
        case ReportResult.UNKNOWN_JOB:
            return Receipt("unknown job", f"There is no job {job_id}; nothing was changed.")


def _left_out(report: ReportEvent) -> str:
    if not report.left_out:
        return ""
    names = one_line(", ".join(report.left_out), _NAMES_LENGTH)
    return f" Left out, because they are not valid: {names}."


def leave_receipt(turn: TurnContext, receipt: Receipt) -> None:
    """Set *receipt* as the response body of the request that *turn* handles."""
    turn.turn_state[_KEY] = receipt


def receipt_of(turn: TurnContext) -> Receipt | None:
    """Return the receipt that `leave_receipt` set, if any."""
    receipt: Receipt | None = turn.turn_state.get(_KEY)
    return receipt

"""
What can go wrong with one send.

* DeliveryError
  + Throttled       the channel asked us to slow down (429); carries `retry_after`
  + Unavailable     worth another attempt: 408, 412, 5xx, no connection, no token; may carry `retry_after`
  + OutcomeUnknown  the request was written, but no answer came: it may have been delivered; counted apart
  + Doubtful        refused, but perhaps not by the connector, or not for ever: several attempts over minutes
    + BrokenNotice  the bot itself failed on this notice, before or after the request
  + Rejected        the connector says that it will never work; a dead letter at once
  + CircuitOpen     the host failed again and again, so nothing was sent; carries `retry_after`
  + Blocked         won't work until a person acts: blocked, uninstalled, disabled; the lane is parked
"""

from datetime import timedelta

from text import one_line

DETAIL_LENGTH = 300  # characters
CODE_LENGTH = 80  # characters


class DeliveryError(Exception):
    """
    One send failed.

    *status* is the HTTP status, None without a response; *code* is the channel's error code. *code* and
    *detail* may come from outside: they are converted to one printable line of bounded length, for logs and
    the database.
    """

    def __init__(self, detail: str = "", *, status: int | None = None, code: str | None = None) -> None:
        self.status = status
        self.code = code and one_line(code, CODE_LENGTH)
        self.detail = one_line(detail, DETAIL_LENGTH)
        super().__init__(self.detail)

    def __str__(self) -> str:
        """Such as ``Blocked (403 ConversationBlockedByUser): User blocked the bot``."""
        marks = " ".join(str(mark) for mark in (self.status, self.code) if mark)
        return (
            type(self).__name__
            + (f" ({marks})" if marks else "")
            + (f": {self.detail}" if self.detail else "")
        )


class _Retriable(DeliveryError):
    """A failure for which the channel may say when to try again."""

    def __init__(
        self,
        detail: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(detail, status=status, code=code)
        self.retry_after = retry_after


class Throttled(_Retriable):
    """The channel asked us to slow down."""


class Unavailable(_Retriable):
    """The channel did not accept the message now; a retry may succeed."""


class OutcomeUnknown(DeliveryError):
    """The request was written and no answer came, so the user may or may not have the message."""


class Doubtful(DeliveryError):
    """
    A refusal that may pass: without a connector's error code, or with one that is not known to be final.

    Something between the bot and the connector may have answered, such as a proxy or a gateway that is being
    replaced, and a conversation may be unknown to the connector for a moment.
    """


class BrokenNotice(Doubtful):
    """The bot's own code failed on this notice; others may be sound."""


class CircuitOpen(DeliveryError):
    """Nothing was sent: the host's circuit is open until *retry_after* has passed."""

    def __init__(self, detail: str, retry_after: timedelta) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Rejected(DeliveryError):
    """The connector says that it will never accept this message."""


class Blocked(DeliveryError):
    """The channel accepts nothing for this conversation until a person unblocks or installs the bot."""

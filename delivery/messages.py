"""Which of the notices that wait in a lane go into its next message."""

from collections.abc import Callable, Iterator
from itertools import takewhile

from delivery.digest import Digest, digests
from jobs.notice import Claim, Notice


def messages(claim: Claim, *, size: Callable[[Digest], int], alone: bool) -> Iterator[Digest]:
    """
    Yield the next message of *claim*, then the one to try if the channel refuses it: the first notice alone.

    With *alone* there is no other: the message is a probe, or one of its notices may be what the channel
    fails at. *size* is that of the rendered message, as `delivery.digest.digests` asks for it.
    """
    if alone:
        yield Digest((claim.notices[0],), _has_waited(claim.notices[0], claim))
        return
    digest = _next_message(claim, size)
    yield digest
    if len(digest.notices) > 1:
        yield Digest(digest.notices[:1], digest.waited)


def _next_message(claim: Claim, size: Callable[[Digest], int]) -> Digest:
    """
    Return as many notices as fit, all of them parked before or none of them.

    A notice whose message id is kept goes alone: the id then names a message about that job only.
    """
    first = claim.notices[0]
    waited = _has_waited(first, claim)
    if len(claim.notices) == 1 or first.kind.keeps_message_id:
        return Digest((first,), waited)

    def goes_along(notice: Notice) -> bool:
        return _has_waited(notice, claim) is waited and not notice.kind.keeps_message_id

    return next(digests(list(takewhile(goes_along, claim.notices)), waited=waited, size=size))


def _has_waited(notice: Notice, claim: Claim) -> bool:
    """Return whether *notice* was parked, as it is while its lane is probed."""
    return claim.parked or notice.seq <= claim.waited

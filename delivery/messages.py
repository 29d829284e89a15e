"""Which of the notices that wait in a lane go into its next message."""

from collections.abc import Callable, Iterator
from itertools import takewhile

from delivery.digest import Digest, digests
from jobs.notice import Claim, Notice


def messages(claim: Claim, *, size: Callable[[Digest], int]) -> Iterator[Digest]:
    """
    Yield the next message of *claim*, then the one to try if the channel refuses it: the first notice alone.

    *size* is that of the rendered message, as `delivery.digest.digests` asks for it.
    """
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
    waited = first.seq <= claim.waited
    if len(claim.notices) == 1 or first.kind.keeps_message_id:
        return Digest((first,), waited)

    def goes_along(notice: Notice) -> bool:
        return (notice.seq <= claim.waited) is waited and not notice.kind.keeps_message_id

    return next(digests(list(takewhile(goes_along, claim.notices)), waited=waited, size=size))

"""Combine the notices waiting in a lane into as few messages as possible, in order of completion."""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from jobs.notice import Notice

#: Bytes of a message's text, as `text_size` measures it. Teams refuses a message above 40 KB (newer pages say
#: 100 KB), counting the whole activity; the rest is for what surrounds the text: ids, names, the reference.
#: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
TEXT_LIMIT = 28 * 1024


@dataclass(frozen=True, slots=True)
class Digest:
    """
    One message's worth of notices, at least one. The text for a single one is always the same.

    *waited* means that they were parked; the message mentions it.
    """

    notices: tuple[Notice, ...]
    waited: bool = False


def digests(
    notices: Sequence[Notice], *, waited: bool = False, size: Callable[[Digest], int], limit: int = TEXT_LIMIT
) -> Iterator[Digest]:
    """
    Split *notices* into the fewest digests whose *size* is at most *limit*, keeping their order.

    *size* returns the size of the rendered message and must not decrease when a notice is added. It is called
    about 2 log(n) times for a message of n notices. A notice that is too large by itself gets its own
    message: the renderer must cut its text.
    """
    start = 0
    while start < len(notices):

        def size_of(count: int, start: int = start) -> int:
            return size(Digest(tuple(notices[start : start + count]), waited))

        left = len(notices) - start
        high = 1  # Doubled while it fits: rendering all of a long backlog first would be wasted.
        while high < left and size_of(high) <= limit:
            high = min(2 * high, left)
        fitting = bisect_right(range(1, high + 1), limit, key=size_of)
        count = max(1, fitting)
        yield Digest(tuple(notices[start : start + count]), waited)
        start += count


def text_size(text: str) -> int:
    """
    Return how many bytes *text* takes as a JSON string, in UTF-8 or in UTF-16, whichever is more.

    The request carries UTF-8; Teams says that it counts UTF-16.
    """
    encoded = json.dumps(text, ensure_ascii=False)
    return max(len(encoded.encode(encoding, "surrogatepass")) for encoding in ("utf-8", "utf-16-le"))

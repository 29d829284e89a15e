"""A mapping of bounded size that forgets what was not used for longest."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruMap(Generic[K, V]):
    """
    The last *size* values that were used, by key; values are never None.

    For values that change or end; where a key is all it takes to make one, `functools.lru_cache` serves.
    Values of which *in_use* says yes are kept, even if they are more than *size*.
    """

    def __init__(self, size: int, *, in_use: Callable[[V], bool] | None = None) -> None:
        self._size = size
        self._in_use = in_use
        self._values: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def values(self) -> list[V]:
        """Return all values, the least recently used one first; they do not count as used by that."""
        return list(self._values.values())

    def get(self, key: K) -> V | None:
        """Return the value of *key*, if there is one: it is used now."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep *value*; forget another if there are too many, the least recently used one first."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._forget_before(key)

    def drop(self, key: K) -> None:
        """Forget the value of *key*, if there is one."""
        self._values.pop(key, None)

    def _forget_before(self, last: K) -> None:
        for key, value in self._values.items():
            if key == last:
                return
            if self._in_use is None or not self._in_use(value):
                del self._values[key]
                return

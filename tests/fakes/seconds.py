"""A monotonic clock that a test sets."""


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now

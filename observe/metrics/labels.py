"""Values of labels whose names come from outside: a bounded number of them."""

#: So many names get a series of their own. A bot meets a handful of channels and service hosts.
KEPT = 32

#: Characters of a name.
_LENGTH = 80

#: What all further names are called.
OTHER = "other"


class BoundedLabel:
    """Returns names as they are while there are few; the first `KEPT` stay, all later ones are `OTHER`."""

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._values: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """Return the value of the label for *name*."""
        value = self._values.get(name)
        if value is None:
            if not name or len(self._values) >= self._limit:
                return OTHER
            value = self._values[name] = name[:_LENGTH]
        return value

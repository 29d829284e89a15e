"""The interpreter's settings for a server, which runs for long."""

import gc

#: Objects that the collector lets come before it looks for cycles; Python's own is 700, which some turns side
#: by side reach again and again. A turn leaves none, so there is little to find.
_YOUNG_OBJECTS = 20_000


def freeze_heap() -> None:
    """
    Spare the garbage collector what is there for good, such as the thousands of classes of the SDK.

    To be called once everything is imported and open. A full round over it takes 100 ms, during which nobody
    is answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)

"""Garbage collector settings for a long-running server."""

import gc

#: Allocations before a young-generation garbage collection (`gc` threshold 0). Python's default is 700, which
#: a few concurrent turns reach again and again. Turns leave no reference cycles, so there is little to
#: collect.
_YOUNG_OBJECTS = 20_000


def freeze_heap() -> None:
    """
    Exclude all present objects, such as the thousands of SDK classes, from garbage collection.

    Call it once everything is imported and open. A full collection over these objects takes 100 ms, and the
    event loop is blocked meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)

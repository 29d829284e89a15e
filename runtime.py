"""The interpreter's settings for a server: it runs for long, and two threads take turns at it."""

import gc
import sys

#: Seconds that a thread runs on while another waits; Python's own is 5 ms. The store's thread has to ask
#: after each statement, and a busy event loop would let it wait ten times as long as the disk does.
_SWITCH_INTERVAL = 0.0005


def settle() -> None:
    """
    Spare the garbage collector what is there for good, such as the thousands of classes of the SDK.

    To be called once everything is imported and open. A full round over it takes 100 ms, during which nobody
    is answered.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_SWITCH_INTERVAL)

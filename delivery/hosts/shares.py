"""How much of a common stock one of many may hold."""

#: How many times what is left one may hold.
_TIMES_WHAT_IS_LEFT = 4


def within_share(held: int, left: int) -> bool:
    """
    Say whether who holds *held* of a common stock may take one more of the *left* that are free.

    The dynamic threshold of shared-memory switches: alone, one gets four fifths of the stock. Each further
    one that takes all it can gets four fifths of what is left, so a newcomer always finds something, and no
    share lies idle for those who do not come.

    Source: https://doi.org/10.1109/90.664262 (Choudhury and Hahne, Dynamic Queue Length Thresholds)
    """
    return held < _TIMES_WHAT_IS_LEFT * left

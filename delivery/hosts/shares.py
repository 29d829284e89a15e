"""Fair shares of a common resource."""

#: How many times what is left one may hold.
_TIMES_WHAT_IS_LEFT = 4


def within_share(held: int, left: int) -> bool:
    """
    Return whether a holder of *held* units may take one more of the *left* free ones.

    The dynamic threshold of shared-memory switches: a single holder gets four fifths of the resource. Each
    further holder that takes all it can gets four fifths of the rest, so a newcomer always finds free units,
    and none are reserved for holders that do not come.

    Source: https://doi.org/10.1109/90.664262 (Choudhury and Hahne, Dynamic Queue Length Thresholds)
    """
    return held < _TIMES_WHAT_IS_LEFT * left

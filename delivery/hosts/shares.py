"""Fair shares of a common resource."""


def within_share(held: int, left: int, *, times: int) -> bool:
    """
    Say whether who holds *held* of a common stock may take one more, with *left* of it free.

    The dynamic threshold of shared-memory switches: one may hold *times* what is left. With four, one alone
    gets four fifths of the stock, and each further one that takes all it can four fifths of what is left. So
    a newcomer finds something, and no share lies idle for those who do not come.

    Source: https://doi.org/10.1109/90.664262 (Choudhury and Hahne, Dynamic Queue Length Thresholds)
    """
    return held < times * left

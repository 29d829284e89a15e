from hypothesis import given
from hypothesis import strategies as st

from delivery.hosts.shares import within_share


@given(st.integers(1, 2000), st.lists(st.integers(0, 5), max_size=3000))
def test_who_comes_last_finds_something_unless_the_stock_is_tiny(stock, takers):
    """If holders take all they can, in any order, a place stays free for a newcomer."""
    held = dict.fromkeys(range(6), 0)
    free = stock
    for taker in takers:
        if within_share(held[taker], free, times=4):
            held[taker] += 1
            free -= 1
    assert max(held.values()) <= max(4, 0.81 * stock + 1)
    assert free > 0 or max(held.values()) <= 4


def test_one_alone_gets_four_fifths():
    held = 0
    while within_share(held, 256 - held, times=4):
        held += 1
    assert held == 205

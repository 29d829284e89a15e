"""How often an issuer is asked, whatever callers send."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from identity.lookup_budget import LookupBudget

waits = st.lists(st.floats(0, 100, allow_nan=False), max_size=60)


@given(waits=waits, burst=st.integers(1, 10), refill=st.integers(1, 60))
def test_over_any_time_there_are_no_more_than_the_burst_and_what_was_refilled(waits, burst, refill):
    now = 1000.0
    budget = LookupBudget(burst=burst, refill=timedelta(seconds=refill), monotonic=lambda: now)
    taken = 0
    for wait in waits:
        now += wait
        while budget.take():
            taken += 1
    assert taken <= burst + (now - 1000.0) / refill + 1e-6


@given(waits=waits)
def test_it_says_when_the_next_is_there(waits):
    now = 1000.0
    budget = LookupBudget(burst=2, refill=timedelta(seconds=15), monotonic=lambda: now)
    for wait in waits:
        now += wait
        while budget.take():
            pass
        until = budget.until_next().total_seconds()
        assert 0 < until <= 15
        now += until / 2
        assert not budget.take()
        now += until / 2 + 1e-6
        assert budget.take()

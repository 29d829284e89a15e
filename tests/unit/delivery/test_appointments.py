from itertools import pairwise

import pytest

from delivery.appointments import Appointments


def test_they_follow_one_another_at_the_rate_and_none_is_too_early():
    appointments = Appointments()
    times = [appointments.make(100, earliest=1, rate=10) for _ in range(50)]
    assert times[0] == 1
    assert [later - earlier for earlier, later in pairwise(times)] == [pytest.approx(0.1)] * 49


def test_times_that_passed_unused_are_not_made_up_for():
    appointments = Appointments()
    appointments.make(0, earliest=0, rate=10)
    assert not appointments.over(0)
    assert appointments.over(1)
    assert appointments.make(1000, earliest=0.5, rate=10) == 0.5

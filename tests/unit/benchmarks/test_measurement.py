from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measurement import Measurement, cpu_ratio, measurement, middle, percentile


def measured(cpu: float) -> Measurement:
    return Measurement(cpu=cpu, rate=1.0, p50=1.0, p95=1.0, p99=1.0)


def test_a_percentile_is_one_of_the_values():
    assert percentile([1, 2, 3, 4], 50) == 2
    assert percentile([1, 2, 3, 4], 51) == 3
    assert percentile([7], 99) == 7


@given(values=st.lists(st.integers(), min_size=1), percent=st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values, percent):
    found = percentile(sorted(values), percent)
    wanted = percent * len(values)
    assert sum(value <= found for value in values) * 100 >= wanted
    assert sum(value < found for value in values) * 100 < wanted


def test_cpu_time_is_told_in_microseconds_a_turn_and_latency_in_milliseconds():
    told = measurement([3_000_000, 1_000_000], cpu=0.004, elapsed=0.5)
    assert told == Measurement(cpu=2000.0, rate=4.0, p50=1.0, p95=3.0, p99=3.0)


def test_one_noisy_round_does_not_move_the_middle():
    assert middle([measured(10), measured(900), measured(11)]).cpu == 11


def test_rounds_are_compared_with_the_rounds_beside_them():
    """The machine was half as fast in the second round, for both alike."""
    assert cpu_ratio([measured(20), measured(40)], [measured(10), measured(20)]) == 2

"""Charts of the last hour: their bars stay inside, and their sentences say the same."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.overview import WAIT_BOUNDS, Minute
from web.board.charts import latency, throughput

NOW = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)
CLASSES = len(WAIT_BOUNDS) + 1


def at(ago):
    return NOW.replace(second=0) - timedelta(minutes=ago)


def test_an_hour_in_which_nothing_happened():
    assert throughput([], NOW).said == "0 notices were delivered in the last hour, and 0 attempts failed."
    assert latency([], NOW).said == "Nothing was delivered in the last hour."
    assert (throughput([], NOW).bars, latency([], NOW).bars) == ([], [])


def test_sums_and_shares_are_said():
    quick = (90, *[0] * (CLASSES - 2), 0)
    slow = (0,) * (CLASSES - 1) + (10,)
    minutes = [Minute(at(3), 90, 5, waits=quick), Minute(at(2), 10, waits=slow)]
    assert (
        throughput(minutes, NOW).said == "100 notices were delivered in the last hour, and 5 attempts failed."
    )
    said = latency(minutes, NOW).said
    assert said == "Half of the people were told within 0.1 s of the report, 95 % within more than 1 h."


@given(
    st.lists(
        st.builds(
            Minute,
            at=st.integers(0, 90).map(at),
            sent=st.integers(0, 10**6),
            failed=st.integers(0, 10**6),
            waits=st.tuples(*[st.integers(0, 100)] * CLASSES),
        ),
        max_size=20,
        unique_by=lambda minute: minute.at,
    )
)
def test_no_bar_leaves_its_chart(minutes):
    for chart in (throughput(minutes, NOW), latency(minutes, NOW)):
        for bar in chart.bars:
            assert bar.x >= 0 and bar.x + bar.width <= chart.width
            assert bar.y >= -0.2 and bar.y + bar.height <= chart.height + 0.2

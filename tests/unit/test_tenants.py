from collections import defaultdict
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from delivery.pacing import Window
from delivery.tenants import TEAMS_PER_TENANT, TenantPace
from tests.unit.test_pacing import fullest

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PER_TENANT = (Window(3, SECOND),)
OVERALL = (Window(5, SECOND),)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.timedeltas(timedelta(), SECOND / 5)), max_size=100))
def test_neither_a_tenant_nor_all_together_exceed_their_limit(requests):
    pace, now = TenantPace(per_tenant=PER_TENANT, overall=OVERALL), START
    admitted = defaultdict(list)
    for tenant, pause in requests:
        now += pause
        if wait := pace.admit(tenant, now):
            assert timedelta() < wait <= SECOND + timedelta(milliseconds=2)
        else:
            admitted[tenant].append(now)
            admitted["all"].append(now)
    for name, instants in admitted.items():
        assert fullest(instants, SECOND) <= (5 if name == "all" else 3)


def test_a_tenant_at_its_limit_delays_no_other():
    pace = TenantPace(per_tenant=PER_TENANT)
    waits = [pace.admit("busy", START) for _ in range(100)]
    assert [bool(wait) for wait in waits] == [False] * 3 + [True] * 97
    assert not pace.admit("other", START)


def test_a_request_told_to_wait_may_go_when_it_asks_again_after_the_wait():
    pace = TenantPace(per_tenant=PER_TENANT)
    for number in range(50):
        asked_at = START + number * SECOND / 100
        wait = pace.admit("t", asked_at)
    assert asked_at + wait < START + 1.1 * SECOND
    assert not pace.admit("t", asked_at + wait)


def test_tenants_are_forgotten_once_they_are_idle():
    pace = TenantPace(per_tenant=PER_TENANT)
    for number in range(1000):
        for tenant in (str(number), "steady"):
            pace.admit(tenant, START + number * SECOND / 2)
    assert len(pace) <= 4


def test_teams_publishes_50_requests_in_a_second():
    [window] = TEAMS_PER_TENANT
    assert window.limit == 50
    assert window.length > SECOND

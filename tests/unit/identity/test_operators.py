"""Secrets of operators, their sessions, and the limit of wrong ones."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from identity.easy_auth import EasyAuth
from identity.operators import SESSION, OperatorSecrets, SignInLimit
from jobs.operators import Role

ACTS, OTHER, SEES = "a" * 32, "b" * 32, "c" * 32


def secrets(now=lambda: 0.0, *, operators=(ACTS, OTHER), viewers=(SEES,)):
    return OperatorSecrets(operators=operators, viewers=viewers, now=now)


def test_the_secret_says_the_role():
    known = secrets()
    assert known.operator(ACTS, "Ann").role is Role.OPERATOR
    assert known.operator(OTHER, "Ann").role is Role.OPERATOR
    assert known.operator(SEES, "Bob").role is Role.VIEWER
    assert known.operator("d" * 32, "Eve") is None
    assert not OperatorSecrets(operators=(), viewers=(), now=lambda: 0.0)


def test_a_session_says_who_it_is_until_it_ends():
    now = 1_000_000.0
    known = secrets(lambda: now)
    session = known.open_session(SEES, "Bob\nBobsson")
    assert known.session(session) == ("Bob Bobsson", Role.VIEWER, "secret")
    now += SESSION.total_seconds() + 1
    assert known.session(session) is None


def test_two_sessions_of_one_person_differ():
    known = secrets()
    assert known.open_session(ACTS, "Ann") != known.open_session(ACTS, "Ann")


def test_a_session_ends_with_its_secret():
    session = secrets().open_session(OTHER, "Ann")
    assert secrets(operators=(OTHER,)).session(session) is not None
    assert secrets(operators=(ACTS,)).session(session) is None


@given(st.text(max_size=200))
def test_no_text_is_a_session_by_chance(text):
    assert secrets().session(text) is None
    assert secrets().open_session(text, text) is None


def test_a_viewer_may_see_and_an_operator_may_both():
    assert Role.OPERATOR.includes(Role.VIEWER) and Role.OPERATOR.includes(Role.OPERATOR)
    assert Role.VIEWER.includes(Role.VIEWER) and not Role.VIEWER.includes(Role.OPERATOR)


def test_wrong_secrets_are_slowed_down_by_address():
    now = 0.0
    limit = SignInLimit(monotonic=lambda: now)
    for _ in range(10):
        assert limit.wait("203.0.113.9") == timedelta()
        limit.failed("203.0.113.9")
    assert limit.wait("203.0.113.9") == timedelta(seconds=10)
    assert limit.wait("203.0.113.10") == timedelta()
    now += 10
    assert limit.wait("203.0.113.9") == timedelta()


def test_one_network_of_ipv6_is_one_client():
    limit = SignInLimit(monotonic=lambda: 0.0)
    for host in range(10):
        limit.failed(f"2001:db8::{host}")
    assert limit.wait("2001:db8::ffff") > timedelta()
    assert limit.wait("2001:db8:0:1::1") == timedelta()


def test_the_platform_names_people_in_any_case_and_once():
    easy = EasyAuth(operators={"Ann@x.example"}, viewers={"0a-B"})
    assert easy.operator(["ann@X.example"], []).role is Role.OPERATOR
    assert easy.operator(["bob@x.example"], ["0A-b"]).role is Role.VIEWER
    for names, ids in (
        ([], ["0A-b"]),
        (["ann@x.example"] * 2, []),
        ([""], ["0A-b"]),
        (["eve"], ["0a-b"] * 2),
    ):
        assert easy.operator(names, ids) is None
    assert not EasyAuth(operators=(), viewers=())

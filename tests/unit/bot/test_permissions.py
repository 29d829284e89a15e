"""What each kind of caller may do, whatever the activity contains."""

import pytest
from botframework.connector.auth import ClaimsIdentity
from hypothesis import given
from hypothesis import strategies as st

from bot.caller_address import NO_ADDRESS, CallerAddressCheck
from bot.permissions import (
    EMULATOR_CHANNEL,
    is_answered,
    require_allowed,
    speaks_for_channel,
    turn_share,
)
from channel.service_urls import ServiceUrlPolicy
from identity.caller_check import anonymous
from identity.caller_kind import CallerKind, caller_kind
from identity.errors import Forbidden
from jobs.lane import lane_key
from tests.fakes.token_mint import APP_ID, JOB_SYSTEM, SERVICE_URL

REPORTS = ("jobComplete", "jobCompleted")

kinds = st.sampled_from(CallerKind)
channels = st.sampled_from([EMULATOR_CHANNEL, "msteams", "webchat", "jobs", ""]) | st.text(max_size=20)
types = st.sampled_from(
    ["event", "Event", "message", "conversationUpdate", "installationUpdate", "invoke"]
) | st.text(max_size=20)
json_values = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.none())
names = st.sampled_from([*REPORTS, "jobcomplete", "tokens/response"]) | json_values

IDENTITIES = {
    CallerKind.ANYONE: anonymous(),
    CallerKind.CHANNEL: ClaimsIdentity({"aud": APP_ID, "serviceurl": SERVICE_URL}, True),
    CallerKind.EMULATOR: ClaimsIdentity({"aud": APP_ID, "azp": APP_ID, "ver": "2.0"}, True),
    CallerKind.APPLICATION: ClaimsIdentity({"aud": APP_ID, "appid": JOB_SYSTEM, "ver": "1.0"}, True),
}


def is_allowed(kind: CallerKind, channel: str, activity_type: object, name: object) -> bool:
    try:
        require_allowed(kind, channel_id=channel, activity_type=activity_type, name=name)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("kind", CallerKind)
def test_a_verified_identity_is_of_the_kind_that_vouches_for_it(kind):
    assert caller_kind(IDENTITIES[kind]) is kind


@given(channel=channels, activity_type=types, name=names)
def test_an_application_sends_report_events_and_nothing_else(channel, activity_type, name):
    reports = activity_type == "event" and name in REPORTS
    assert is_allowed(CallerKind.APPLICATION, channel, activity_type, name) == reports


@given(channel=channels, activity_type=types, name=names)
def test_the_emulator_sends_anything_on_its_own_channel_and_nothing_on_another(channel, activity_type, name):
    on_its_own = channel == EMULATOR_CHANNEL
    assert is_allowed(CallerKind.EMULATOR, channel, activity_type, name) == on_its_own


@given(
    kind=st.sampled_from([CallerKind.ANYONE, CallerKind.CHANNEL]),
    channel=channels,
    activity_type=types,
    name=names,
)
def test_a_channel_sends_anything_and_so_does_anyone_without_authentication(
    kind, channel, activity_type, name
):
    assert is_allowed(kind, channel, activity_type, name)


@given(kind=kinds, channel=channels, activity_type=types, name=names)
def test_who_may_send_more_than_reports_speaks_for_its_channel_and_is_answered(
    kind, channel, activity_type, name
):
    """So that no job, no sign of life and no parking stores an address that its channel did not name."""
    reports = activity_type == "event" and name in REPORTS
    if is_allowed(kind, channel, activity_type, name) and not reports:
        assert speaks_for_channel(kind, channel)
        assert is_answered(kind)


@given(service_url=st.sampled_from([SERVICE_URL, "http://127.0.0.1:1", "http://10.0.0.1"]) | st.text())
def test_the_address_of_a_caller_that_is_never_answered_is_neither_checked_nor_used(service_url):
    addresses = CallerAddressCheck(ServiceUrlPolicy(authentication=True))
    assert addresses.check(CallerKind.APPLICATION, service_url) == NO_ADDRESS


@given(kind=kinds, channel=st.text(min_size=1), conversation=st.text(min_size=1))
def test_an_application_takes_up_no_conversations_share_of_the_turns(kind, channel, conversation):
    share = turn_share(kind, IDENTITIES[kind], channel, conversation)
    assert (share == lane_key(channel, conversation)) == (kind is not CallerKind.APPLICATION)

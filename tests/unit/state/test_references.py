"""Which tenant an activity is of."""

import re
from typing import Any

import pytest
from botbuilder.schema import Activity
from hypothesis import given
from hypothesis import strategies as st

from jobs.lane import lane_key
from state.origin import Origin
from state.references import name_tenant, tenant_of
from tests.fakes.recordings import RECORDINGS
from wire import from_dict

CONTOSO = "22222222-bbbb-4bbb-8bbb-222222222222"
FABRIKAM = "33333333-cccc-4ccc-8ccc-333333333333"

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

anything = st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.just(CONTOSO)
channel_data = anything | st.fixed_dictionaries(
    {"tenant": anything | st.fixed_dictionaries({"id": anything})}
)


def activity(channel: str = "msteams", data: Any = None, **conversation: Any) -> Activity:
    document = {
        "type": "message",
        "channelId": channel,
        "serviceUrl": "https://channel.example/",
        "conversation": {"id": "a", **conversation},
        "from": {"id": "user"},
    }
    return from_dict(Activity, document if data is None else {**document, "channelData": data})


@pytest.mark.parametrize(
    "said",
    [
        activity(tenantId=CONTOSO),
        activity(tenantID=CONTOSO),
        activity(data={"tenant": {"id": CONTOSO}}),
        activity(tenantId=CONTOSO.upper()),
    ],
    ids=["tenantId", "tenantID", "channel data", "in capitals"],
)
def test_microsoft_teams_says_it_in_one_of_three_places(said):
    assert tenant_of(said) == CONTOSO


@pytest.mark.parametrize("channel", ["webchat", "directline", "emulator", "slack", "MSTEAMS", "msteams2"])
def test_no_other_channel_has_tenants(channel):
    said = activity(channel, {"tenant": {"id": CONTOSO}}, tenantId=CONTOSO, tenantID=CONTOSO)
    assert tenant_of(said) is None


@pytest.mark.parametrize(
    "name",
    [
        "webchat/victim",
        lane_key("msteams", CONTOSO),
        "contoso",
        CONTOSO[:-1],
        f"{CONTOSO}1",
        f"{CONTOSO}\n",
        f"{{{CONTOSO}}}",
        CONTOSO.replace("-", ""),
        CONTOSO.replace("2", "\N{FULLWIDTH DIGIT TWO}"),
        "",
    ],
)
def test_a_tenant_is_a_guid(name):
    assert tenant_of(activity(tenantId=name)) is None
    assert tenant_of(activity(data={"tenant": {"id": name}})) is None


def test_the_adapter_and_the_job_log_read_the_same_tenant():
    """Where the conversation and the channel data name different ones, too."""
    said = activity(data={"tenant": {"id": FABRIKAM}}, tenantId=CONTOSO)
    before = tenant_of(said)
    name_tenant(said)
    assert said.conversation.tenant_id == before == tenant_of(said) == CONTOSO


@given(
    channel=st.sampled_from(["msteams", "webchat"]),
    data=channel_data,
    conversation=st.fixed_dictionaries({}, optional={"tenantId": anything, "tenantID": anything}),
)
def test_whatever_is_said_a_tenant_is_a_guid_and_never_a_lane(channel, data, conversation):
    said = activity(channel, data, **conversation)
    before = tenant_of(said)
    name_tenant(said)
    assert tenant_of(said) == before
    assert before is None or (channel == "msteams" and GUID.fullmatch(before))
    assert Origin(said).tenant == (before or lane_key(channel, "a"))
    assert not GUID.fullmatch(lane_key(channel, "a"))


@pytest.mark.parametrize("name", [name for name in RECORDINGS if "msteams" in name])
def test_conversations_of_the_playground_have_no_tenant(name):
    """It names one that is a digit too long: its conversations see their own jobs."""
    assert tenant_of(from_dict(Activity, RECORDINGS[name])) is None

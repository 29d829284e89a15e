"""Common parts of the conversations in these tests."""

import re
from typing import Any

from tests.fakes.chat import Chat

EMPTY = "The job log is empty."

CONTOSO = "aaaaaaaa-1111-4111-8111-111111111111"
FABRIKAM = "bbbbbbbb-2222-4222-8222-222222222222"


def in_teams(conversation_id: str, tenant: str) -> dict[str, Any]:
    """The fields of an activity from a conversation in Microsoft Teams."""
    return {"channelId": "msteams", "conversation": {"id": conversation_id, "tenantId": tenant}}


async def start(chat: Chat, **fields: Any) -> str:
    answer = await chat.say(**{"text": "run", **fields})
    found = re.search(r"starting job (\d+)", answer)
    assert found, answer
    return found[1]


def unknown(number: str) -> str:
    return f"The log does not contain a job {number}."

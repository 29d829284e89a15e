"""Buttons of cards that a host sends as an invoke activity (`Action.Execute`)."""

from typing import Any

from botbuilder.schema import Activity

CARD_ACTION = "adaptiveCard/action"


def command_in_invoke(activity: Activity) -> str | None:
    """Return the command of the button that was pressed; None if it is none of ours."""
    value = activity.value
    action = value.get("action") if isinstance(value, dict) else None
    data = action.get("data") if isinstance(action, dict) else None
    command = data.get("command") if isinstance(data, dict) else None
    return command if isinstance(command, str) and command else None


def message_answer(text: str) -> dict[str, Any]:
    """Return the body that makes the host show *text*."""
    return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": text}

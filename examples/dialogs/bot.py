"""
`OrderBot`: does what `ProactiveBot` does, and takes orders for jobs in a dialog of the SDK.

`order` asks for a title, and then whether to start the job. The dialog's stack is kept in the database, so
that any process takes the next answer, and notices wait until the dialog is over.
"""

from typing import Any

from botbuilder.core import ConversationState, TurnContext
from botbuilder.dialogs import (
    DialogInstance,
    DialogSet,
    DialogState,
    DialogTurnResult,
    DialogTurnStatus,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt
from botbuilder.schema import Activity, ActivityTypes, InputHints

from bot.busy import Busy
from bot.permissions import Permissions
from bot.proactive_bot import ProactiveBot
from compose import Surroundings
from state.job_state import JobState

_ORDER, _TEXT = "order", "text"


class OrderBot(ProactiveBot):
    """A bot that is built on this one."""

    def __init__(
        self,
        job_state: JobState,
        permissions: Permissions,
        *,
        conversation_state: ConversationState,
        **parts: Any,
    ) -> None:
        """Take what `ProactiveBot` takes; the dialog is kept in *conversation_state*."""
        super().__init__(job_state, permissions, conversation_state=conversation_state, **parts)
        self._order_is_open = Busy(conversation_state, job_state)
        self._dialogs = DialogSet(conversation_state.create_property("Dialogs"))
        self._dialogs.add(TextPrompt(_TEXT))
        self._dialogs.add(WaterfallDialog(_ORDER, [self._ask_for_title, self._ask_whether, self._start]))

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Go on with the dialog, or begin it; do with every other message what `ProactiveBot` does."""
        dialogs = await self._dialogs.create_context(turn_context)
        if dialogs.active_dialog is not None:
            result = await dialogs.continue_dialog()
        elif turn_context.activity.text == _ORDER:
            result = await dialogs.begin_dialog(_ORDER)
        else:
            await super().on_message_activity(turn_context)
            return
        if result.status is DialogTurnStatus.Waiting:
            await self._order_is_open.begin(turn_context)  # Saves the dialog as well.
        else:
            await self._order_is_open.end(turn_context)

    async def _ask_for_title(self, step: WaterfallStepContext) -> DialogTurnResult:
        return await step.prompt(_TEXT, _question("What shall the job be called?"))

    async def _ask_whether(self, step: WaterfallStepContext) -> DialogTurnResult:
        step.values["title"] = step.result
        return await step.prompt(_TEXT, _question(f"Start it now: {step.result}? Say yes or no."))

    async def _start(self, step: WaterfallStepContext) -> DialogTurnResult:
        if str(step.result).casefold() == "yes":
            step.context.activity.text = f"run {step.values['title']}"
            await super().on_message_activity(step.context)
        else:
            await step.context.send_activity("All right, I started nothing.")
        return await step.end_dialog()


def _question(text: str) -> PromptOptions:
    # The stack has it as well, and is kept as JSON: plain values in place of the SDK's enumerations.
    message, hint = ActivityTypes.message.value, InputHints.expecting_input.value
    return PromptOptions(prompt=Activity(type=message, text=text, input_hint=hint))


#: How the parts of the bot are put together with this one in its place.
IN_PROCESS = Surroundings(
    make_bot=OrderBot, state_classes=[DialogState, DialogInstance, PromptOptions, Activity]
)

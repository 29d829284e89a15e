"""
What our codec costs beside msrest: ``python -m benchmarks.codec``.

Prints CPU time per call and the ratio, for reading a message as the stock adapter does and for writing the
reply to it as the stock connector does. Both codecs take turns, and the least of many short rounds counts, so
that a busy machine disturbs neither.
"""

from collections.abc import Callable
from pathlib import Path
from time import process_time

import orjson
from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ActivityTypes, InputHints
from botframework.connector import models
from msrest import Serializer

from wire import from_dict, to_dict

MESSAGE = Path(__file__).parents[1] / "tests/fixtures/activities/playground-msteams-personal-message.json"
ROUNDS, CALLS = 100, 200


def main() -> None:
    document = orjson.loads(MESSAGE.read_bytes())
    serializer = Serializer({name: value for name, value in vars(models).items() if isinstance(value, type)})
    reply = Activity(type=ActivityTypes.message, text="Hello!", input_hint=InputHints.accepting_input)
    reference = TurnContext.get_conversation_reference(from_dict(Activity, document))
    TurnContext.apply_conversation_reference(reply, reference)

    report("read a message", lambda: Activity().deserialize(document), lambda: from_dict(Activity, document))
    report("write a reply", lambda: serializer.body(reply, "Activity"), lambda: to_dict(reply))


def report(what: str, msrest: Callable[[], object], ours: Callable[[], object]) -> None:
    if msrest() != ours():
        raise SystemExit(f"{what}: the results differ")
    theirs_us, ours_us = least(msrest, ours)
    print(f"{what:15} msrest {theirs_us:7.1f} us   ours {ours_us:6.2f} us   {theirs_us / ours_us:5.1f} times")


def least(*calls: Callable[[], object]) -> list[float]:
    """Return the CPU time of one call of each of *calls*, in microseconds."""
    best = [float("inf")] * len(calls)
    for _ in range(ROUNDS):
        for place, call in enumerate(calls):
            began = process_time()
            for _ in range(CALLS):
                call()
            best[place] = min(best[place], (process_time() - began) / CALLS * 1e6)
    return best


if __name__ == "__main__":
    main()

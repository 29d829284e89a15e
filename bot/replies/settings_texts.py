"""The texts about what a conversation wants to be told, and when."""

from datetime import datetime

from bot.replies.markdown import paragraphs
from bot.replies.words import Words


def how_to_mute(words: Words) -> str:
    """Answer `mute` without a time."""
    return words.say("Type `mute 2h`, `mute 30 min` or `mute until 9:00`.")


def muted(words: Words, until: datetime) -> str:
    """Answer `mute`."""
    return words.say(
        "I will tell you nothing until {moment}, and all of it then. `unmute` ends that.",
        moment=words.moment(until),
    )


def unmuted(words: Words, held: int) -> str:
    """Answer `unmute`: so many notices were *held*."""
    if not held:
        return words.say("I tell you at once when a job ends.")
    return words.count(
        "{count} notice was held; here it comes.", "{count} notices were held; here they come.", held
    )


def settings(words: Words, muted_until: datetime | None, held: int, watches: int) -> str:
    """Answer `settings`."""
    if muted_until is None:
        said = [words.say("I tell you at once when a job ends. `mute 2h` holds that for a while.")]
    else:
        moment = words.moment(muted_until)
        said = [words.say("I tell you nothing until {moment}. `unmute` ends that.", moment=moment)]
        if held:
            said.append(
                words.count(
                    "{count} notice is held until then.", "{count} notices are held until then.", held
                )
            )
    if watches:
        said.append(
            words.count(
                "You watch {count} thing: `watching`.", "You watch {count} things: `watching`.", watches
            )
        )
    return paragraphs(*said)

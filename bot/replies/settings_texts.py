"""The texts about what a conversation wants to be told, and when."""

from datetime import datetime

from bot.replies.markdown import paragraphs
from bot.replies.words import Words, noted
from jobs.preferences import Held, Only, QuietHours

_TOLD_OF = {
    None: noted("I tell you whenever a job ends."),
    Only.FAILURES: noted(
        "I tell you only of jobs that did not succeed. `show` has the others, and `only everything` ends"
        " that."
    ),
    Only.CHANGES: noted(
        "Of jobs with the same title I tell you only when one fails for the first time, and when they are"
        " back to normal. `only everything` ends that."
    ),
}


def how_to_mute(words: Words) -> str:
    """Answer `mute` without a time."""
    return words.say("Type `mute 2h`, `mute 30 min` or `mute until 9:00`.")


def how_to_be_quiet(words: Words) -> str:
    """Answer `quiet` without hours."""
    return words.say(
        "Type `quiet 22:00-07:00`, `quiet 22:00-07:00 except failures`, `quiet 22:00-07:00 Europe/Berlin` or"
        " `quiet off`."
    )


def how_to_choose(words: Words) -> str:
    """Answer `only` without what."""
    return words.say("Type `only failures`, `only changes` or `only everything`.")


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


def quiet(words: Words, hours: QuietHours) -> str:
    """Say when it is quiet."""
    begin, end = (each.isoformat("minutes") for each in (hours.begin, hours.end))
    if hours.lets_trouble_through:
        return words.say(
            "From {begin} to {end} ({zone}) I tell you only of failures, and of all else when that is over.",
            begin=begin,
            end=end,
            zone=hours.zone,
        )
    return words.say(
        "From {begin} to {end} ({zone}) I tell you nothing, and all of it when that is over.",
        begin=begin,
        end=end,
        zone=hours.zone,
    )


def never_quiet(words: Words) -> str:
    """Answer `quiet off`."""
    return words.say("There are no quiet hours here any more.")


def told_of(words: Words, only: Only | None) -> str:
    """Say which ends of jobs are told."""
    return words.say(_TOLD_OF[only])


def settings(words: Words, held: Held, until: datetime | None, *, muted: bool, watches: int) -> str:
    """Answer `settings`; *until* then notices are held, by `mute` or by quiet hours."""
    moment = "" if until is None else words.moment(until)
    if until is None:
        said = [words.say("I tell you at once when a job ends. `mute 2h` holds that for a while.")]
    elif muted:
        said = [words.say("I tell you nothing until {moment}. `unmute` ends that.", moment=moment)]
    else:
        said = [words.say("It is quiet here until {moment}. `unmute` ends that.", moment=moment)]
    if until is not None and held.notices:
        said.append(
            words.count(
                "{count} notice is held until then.", "{count} notices are held until then.", held.notices
            )
        )
    if held.preferences.quiet is not None:
        said.append(quiet(words, held.preferences.quiet))
    if held.preferences.only is not None:
        said.append(told_of(words, held.preferences.only))
    if watches:
        said.append(
            words.count(
                "You watch {count} thing: `watching`.", "You watch {count} things: `watching`.", watches
            )
        )
    return paragraphs(*said)

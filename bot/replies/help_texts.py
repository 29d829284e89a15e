"""What the bot can do, in words."""

from bot.replies.markdown import escape, paragraphs
from bot.replies.words import Words, noted

#: What a person may want to say first.
SUGGESTED = ("new", "show", "help")

_HELP = (
    noted("Type `run` to start a job, or `run` and what it is about. `new` asks you for that."),
    noted(
        "Type `show` to see the job log, `show running` to see what runs, and `show` with a job number to see"
        " one job."
    ),
    noted("Type `done` and a job number to complete a job."),
    noted("Type `cancel` and a job number to ask that a job be cancelled."),
    noted("Type `watch` and a job number to be told of a job that was started elsewhere."),
    noted(
        "Type `mute 2h` to hear nothing for a while, `quiet 22:00-07:00` to hear nothing at night,"
        " `only failures` to hear of those alone, and `settings` to see all that."
    ),
    noted("The last digits of a number will do, and so will a title. `help` and a command says more."),
)

_TOPICS = {
    "run": noted(
        "`run` starts a job, `run nightly report` one that is called so. You will be told here when it ends."
    ),
    "new": noted("`new` asks what the job should be called, and starts it then."),
    "again": noted("`again 1234` starts a job with the title of job 1234."),
    "show": noted(
        "`show` lists jobs, those of this conversation first, `show all` the newest of all, `show running`"
        " those that have not ended, and `show more` goes on. `show 1234` shows one job, by its number, the"
        " last digits of that, or its title."
    ),
    "done": noted("`done 1234` completes a job, as if the job system had reported it."),
    "cancel": noted("`cancel 1234` asks whoever runs the job to stop. You will be told what came of it."),
    "watch": noted(
        '`watch 1234` tells you here when a job ends that was started elsewhere, and `watch "nightly*"` when'
        " any job ends whose title fits. `watching` shows what you watch, and `unwatch 1234` ends it."
    ),
    "watching": noted("`watching` shows what this conversation watches."),
    "unwatch": noted('`unwatch 1234`, `unwatch "nightly*"` and `unwatch all` end what `watch` began.'),
    "mute": noted(
        "`mute 2h` or `mute until 9:00` holds back what I would tell you in this conversation. Then all of it"
        " comes as one message. `unmute` ends that."
    ),
    "unmute": noted("`unmute` ends `mute`, and tells you what was held."),
    "quiet": noted(
        "`quiet 22:00-07:00` holds back every night what I would tell you in this conversation. Then all of"
        " it comes as one message. `quiet 22:00-07:00 except failures` lets failures through, `unmute` ends"
        " it for one night, and `quiet off` for good. A time zone may follow, such as `Europe/Berlin`."
    ),
    "only": noted(
        "`only failures` tells you here only of jobs that did not succeed, and `only changes` of the first"
        " failure of jobs with the same title and of the first success after it. `only everything` ends that."
    ),
    "settings": noted("`settings` says what I tell you here and when, and how much is held."),
    "help": noted("`help` says what I can do, and `help run` says more about `run`."),
}


def help_text(words: Words, topic: str | None = None) -> str:
    """Say what the bot can do, or more about one command."""
    if topic in _TOPICS:
        return words.say(_TOPICS[topic])
    return paragraphs(*map(words.say, _HELP))


def not_understood(words: Words, said: str, guess: str | None) -> str:
    """Answer what is no command: *said* was not understood; *guess* is the command that may be meant."""
    if not said:
        return help_text(words)
    if guess is not None:
        question = words.say("Did you mean `{command}`?", command=guess)
        return paragraphs(words.say("I don't know “{text}”.", text=escape(said)), question)
    return paragraphs(words.say("I don't know “{text}”.", text=escape(said)), help_text(words))

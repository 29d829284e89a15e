"""The part of a mail that its sender wrote for the bot: the lines before the signature and the thread."""

import re

from botbuilder.schema import Activity
from botframework.connector import Channels

EMAIL = Channels.email.value

# What mail clients put above the mail that is answered: "On … wrote:" in the languages that we know, a row of
# lines or underscores, a header line, a quoted line.
_THREAD = re.compile(
    r"^(?:>|-{2,}\s*$|_{5,}\s*$|-{3,} ?\w[\w ]*-{3,}\s*$|(?:From|Sent|Von|Gesendet|De|Envoyé): "
    r"|(?:On|Am|Le|El) .{1,200}(?:wrote|schrieb .{0,100}|a écrit|escribió)\s*:\s*$)",
    re.IGNORECASE,
)

# Subjects that programs set: RFC 3834 suggests "Auto:", mail servers write the others.
_AUTOMATIC = re.compile(
    r"(?:auto(?:matic)?(?:[ -]?reply|[ -]?response)?:|automatic reply|out of (?:the )?office"
    r"|automatische antwort|abwesenheits|réponse automatique|respuesta automática"
    r"|undeliverable|delivery status notification|mail delivery failed)",
    re.IGNORECASE,
)


def first_lines(text: str) -> str:
    """
    Return the first paragraph of *text*: what follows an empty line is a signature, a thread, or both.

    The rest of a longer text is not lost to anybody: commands are one line.
    """
    lines: list[str] = []
    for line in text.splitlines():
        if _THREAD.match(line) or (lines and not line.strip()):
            break
        if line.strip():
            lines.append(line)
    return "\n".join(lines)


def is_automatic(activity: Activity) -> bool:
    """Return whether the mail *activity* is an automatic answer, by its subject or its first words."""
    if activity.channel_id != EMAIL:
        return False
    data = activity.channel_data
    subject = data.get("subject") if isinstance(data, dict) else None
    return any(isinstance(each, str) and _AUTOMATIC.match(each.strip()) for each in (subject, activity.text))

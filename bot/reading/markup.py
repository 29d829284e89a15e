"""Take out what channels write into a text: quoted messages, links in brackets, escaped characters."""

import html
import re

# A message that is quoted, in Teams and Skype: a mark with its id, or the whole message between tags.
_QUOTED = re.compile(
    r"<quoted\s[^<>]{0,500}/>|<(quoted|quote|blockquote|legacyquote)\b[^<>]{0,500}>.{0,8000}?</\1\s{0,9}>",
    re.IGNORECASE | re.DOTALL,
)

# Slack: <https://example.com|example.com>, <tel:1234|1234>, <mailto:a@b.example|a@b.example>, <#C12|general>,
# <!here>, <!date^…|today>. https://docs.slack.dev/messaging/formatting-message-text
_BRACKETS = re.compile(
    r"<(?:(?P<channel>#[A-Z0-9]{1,60})|(?P<special>![^<>|]{1,300})|(?P<link>(?:https?://|tel:|mailto:)[^<>|\s]{1,2000}))"
    r"(?:\|(?P<label>[^<>]{0,2000}))?>"
)

# With its semicolon: in `?a=1&copy=2` stands no copyright sign.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,31}\d{0,2});", re.IGNORECASE)


def without_markup(text: str) -> str:
    """Return *text* as the person wrote it, except that quoted messages are left out."""
    if "<" in text:
        text = _BRACKETS.sub(_label, _QUOTED.sub(" ", text))
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return text


def _label(match: re.Match[str]) -> str:
    label = match["label"]
    if match["channel"]:
        return f"#{label}" if label else match["channel"]
    if match["special"]:
        return label or "@" + match["special"][1:]
    link: str = match["link"]
    if link.startswith("http"):
        # A label that says something else would hide where the link leads.
        return link if not label or label in link else f"{label} ({link})"
    return label or link.partition(":")[2]

"""Cut the lists of an activity to the number of items that a turn reads."""

from botbuilder.schema import Activity

from bot.presence import MEMBERS
from bot.reading.mentions import ENTITIES
from wire.schema import attributes, list_item

_ITEMS = 250  #: Attachments, reactions and so on. Teams sends a few.

#: By JSON key: the lists whose items become SDK objects. Free-form lists are not cut.
_LIMITS = {key: _ITEMS for _, key, kind in attributes(Activity) if list_item(kind)} | {
    "entities": ENTITIES,
    "membersAdded": MEMBERS,
    "membersRemoved": MEMBERS,
}


def cut_lists(document: dict[str, object]) -> None:
    """Cut the top-level lists of the activity *document* in place; `wire` limits nested ones."""
    for name, items in document.items():
        if isinstance(items, list) and name in _LIMITS:
            del items[_LIMITS[name] :]

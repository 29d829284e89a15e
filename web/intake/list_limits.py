"""How many items of each list in an activity a turn looks at; the rest is cut off."""

from botbuilder.schema import Activity

from bot.commands import ENTITIES
from bot.presence import MEMBERS
from wire.schema import attributes, list_item

_ITEMS = 250  #: Attachments, reactions and so on. Teams sends a handful.

#: By JSON key: the lists whose items the SDK makes objects of. Free-form lists stay as they are.
_LIMITS = {key: _ITEMS for _, key, kind in attributes(Activity) if list_item(kind)} | {
    "entities": ENTITIES,
    "membersAdded": MEMBERS,
    "membersRemoved": MEMBERS,
}


def cut_lists(document: dict[str, object]) -> None:
    """Cut the lists of *document*, an activity, in place; `wire` leaves out longer ones further down."""
    for name in _LIMITS.keys() & document.keys():
        items = document[name]
        if isinstance(items, list):
            del items[_LIMITS[name] :]

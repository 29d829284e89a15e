"""JSON documents and model values for hypothesis to try the codec with, drawn from the models' own maps."""

import math
from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from botbuilder.schema import ActivityTypes, ChannelAccount, HeroCard, InputHints, Mention, Place
from hypothesis import strategies as st
from msrest.serialization import Model

from wire.schema import attributes, list_item, map_item, model_named

TEXT = st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXT | st.floats(allow_nan=False)
#: Any JSON, as orjson reads it.
JSON = st.recursive(
    SCALARS.filter(lambda value: value != math.inf and value != -math.inf),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)

ZONES = st.sampled_from(
    ["", "Z", "z", "+00:00", "-07:00", "+05:30", "+0530", "-03", "+23:59", "+24:00", "-00:30"]
)
CLOCKS = st.times().map(str) | st.sampled_from(["24:00:00", "20:47:51,5", "20:47", "204751", "20:47:60"])
FRACTIONS = st.sampled_from(["", ".", ".7", ".742", ".7421300", ".9999999"])
DATES = st.dates().map(str) | st.sampled_from(["2026-02-30", "20261121", "2026-W47-6", "٢٠٢٦-11-21"])
TIMESTAMPS = st.builds(
    lambda date, t, clock, fraction, zone: date + t + clock + fraction + zone,
    DATES,
    st.sampled_from("Tt "),
    CLOCKS,
    FRACTIONS,
    ZONES,
)
USUAL_TIMESTAMPS = st.datetimes(
    min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC) | st.none()
).map(datetime.isoformat)

INSTANTS = st.datetimes(
    timezones=st.none()
    | st.just(UTC)
    | st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
)
MODELS = st.sampled_from(
    [
        Mention(type="mention", text="<at>Bot</at>", mentioned=ChannelAccount(id="28:bot", name="Bot")),
        Place(name="Here", geo={"latitude": Decimal("47.6")}),
        HeroCard(title="Card", text="Hello"),
        ChannelAccount(id="29:user"),
    ]
)
#: What a programmer may put where the schema has free-form JSON, beside JSON.
FREE_FORM = st.recursive(
    SCALARS
    | INSTANTS
    | MODELS
    | st.sampled_from([Decimal("1.5"), timedelta(hours=1), (1, 2), {3}, OrderedDict(a=1)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.integers(), inner, max_size=3),
    max_leaves=8,
)
#: What a programmer may put anywhere, right or wrong.
VALUES = FREE_FORM | TIMESTAMPS | st.sampled_from([ActivityTypes.message, InputHints.accepting_input])


def documents(cls: type[Model]) -> st.SearchStrategy[dict[str, object]]:
    """Documents that the schema of *cls* allows, with nulls and with properties that it does not know."""
    known = {key: st.none() | values_of(kind, cls) for _, key, kind in attributes(cls)}
    unknown = st.dictionaries(TEXT.filter(lambda key: key not in known), JSON, max_size=2)
    return st.builds(dict.__or__, st.fixed_dictionaries({}, optional=known), unknown)


def values_of(type_name: str, cls: type[Model]) -> st.SearchStrategy[object]:
    """JSON for msrest's *type_name*, among it the numbers and texts that msrest converts."""
    if item := list_item(type_name):
        return st.lists(st.none() | values_of(item, cls), max_size=2)
    if item := map_item(type_name):
        return st.dictionaries(TEXT, st.none() | values_of(item, cls), max_size=2)
    if model := model_named(type_name, cls):
        return st.deferred(lambda: documents(model))
    return {
        "str": TEXT | st.integers() | st.booleans(),
        "int": st.integers() | st.integers().map(str) | st.booleans(),
        "float": st.floats(allow_nan=False) | st.integers(0, 9),
        "bool": st.booleans() | st.sampled_from([0, 1, 1.0, "true", "FALSE", "1"]),
        "iso-8601": USUAL_TIMESTAMPS,
        "object": JSON,
    }[type_name]


def wild_documents(cls: type[Model]) -> st.SearchStrategy[dict[str, object]]:
    """Documents with any JSON under the keys that *cls* knows, right or wrong, and under others."""
    keys = [key for _, key, _ in attributes(cls)]
    value = (
        JSON | TIMESTAMPS | st.deferred(lambda: nested) | st.lists(st.deferred(lambda: nested), max_size=2)
    )
    nested = st.dictionaries(st.sampled_from(NESTED_KEYS) | TEXT, JSON, max_size=3)
    return st.dictionaries(st.sampled_from(keys) | TEXT, value, max_size=5)


#: Keys that occur in the models below an Activity.
NESTED_KEYS = [
    "id",
    "name",
    "type",
    "isGroup",
    "properties",
    "contentType",
    "content",
    "actions",
    "occurrence",
]

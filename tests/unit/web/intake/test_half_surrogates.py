"""Half surrogates leave a JSON text; everything else in it stays."""

import json

from hypothesis import given
from hypothesis import strategies as st

from web.intake.half_surrogates import without_halves

ANY = st.text(st.characters(codec=None) | st.characters(categories=["Cs"]))


def test_an_escaped_backslash_before_ud83d_is_no_half():
    assert without_halves(rb'"\\ud83d"') == rb'"\\ud83d"'


def test_a_pair_stays_beside_a_half():
    assert without_halves(rb'"\ud83c\ud83c\udf89\udf89"') == rb'"\ud83c\udf89"'


@given(ANY)
def test_a_text_loses_its_halves_and_nothing_else(text):
    halves = json.loads(without_halves(json.dumps(text).encode()))
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    assert halves == joined

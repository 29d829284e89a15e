"""Ids from outside in a path and in headers."""

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from channel.encoded_ids import UnsafeId, encode_id

any_text = st.text(st.characters(), min_size=1)  # Half surrogate pairs, too.


@pytest.mark.parametrize(
    "text, encoded",
    [
        ("a-b_c~d.e", "a-b_c~d.e"),
        ("19:abc@thread.tacv2;messageid=1", "19%3Aabc%40thread.tacv2%3Bmessageid%3D1"),
        ("fcf8a700|livechat", "fcf8a700%7Clivechat"),
        ("../../v3/x?y#z", "..%2F..%2Fv3%2Fx%3Fy%23z"),
        ("a%2Fb", "a%252Fb"),
        ("a b\r\nX: y", "a%20b%0D%0AX%3A%20y"),
        ("...", "..."),
        ("ü", "%C3%BC"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_an_id_becomes_one_segment_of_a_path(text, encoded):
    assert encode_id(text) == encoded


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_what_no_encoding_makes_safe_is_refused(text):
    with pytest.raises(UnsafeId):
        encode_id(text)


@given(text=any_text)
def test_whatever_the_id_the_path_keeps_its_shape(text):
    if text in (".", ".."):
        return
    encoded = encode_id(text)
    assert re.fullmatch(r"[A-Za-z0-9._~%-]+", encoded)
    url = URL(f"http://localhost/v3/conversations/{encoded}/activities", encoded=True)
    assert url.raw_path.split("/") == ["", "v3", "conversations", encoded, "activities"]


@given(text=any_text)
def test_an_id_is_encoded_as_the_standard_library_encodes_it(text):
    if text not in (".", ".."):
        assert encode_id(text) == quote(text, safe="", errors="surrogatepass")


@given(one=any_text, other=any_text)
def test_distinct_ids_stay_distinct(one, other):
    if {one, other}.isdisjoint({".", ".."}):
        assert (encode_id(one) == encode_id(other)) == (one == other)

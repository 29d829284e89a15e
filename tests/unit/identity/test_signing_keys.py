"""Which entries of a key document are keys to us."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.signing_keys import MAX_KEYS, read_key_document
from tests.fakes.token_mint import public_jwk, rsa_key

GOOD = public_jwk("channel")


def number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "odd",
    [
        None,
        5,
        "key",
        {},
        GOOD | {"kid": None},
        GOOD | {"kid": ["x"]},
        GOOD | {"kty": "EC"},
        GOOD | {"kty": "oct", "k": "AAAA"},
        GOOD | {"use": "enc"},
        GOOD | {"n": None},
        GOOD | {"n": 5},
        GOOD | {"n": ""},
        GOOD | {"n": "ä"},
        GOOD | {"n": "!!!!"},
        GOOD | {"n": number(2**2047 + 1)[:100]},
        GOOD | {"n": number(2**2047)},  # Even.
        GOOD | {"n": number(2**8192 + 1)},
        GOOD | {"n": "A" * 1_000_000},
        GOOD | {"e": None},
        GOOD | {"e": number(1)},
        GOOD | {"e": number(4)},
        GOOD | {"e": number(2**64 + 1)},
    ],
)
def test_an_odd_entry_is_passed_over_and_the_next_one_counts(odd):
    assert set(read_key_document({"keys": [odd, GOOD | {"kid": "good"}]})) == {"good"}


def test_a_key_of_1024_bits_is_no_key():
    small = rsa_key("small", 1024).public_key().public_numbers()
    assert not read_key_document({"keys": [GOOD | {"n": number(small.n)}]})


def test_of_two_keys_with_one_id_the_first_counts():
    keys = read_key_document(
        {"keys": [GOOD, public_jwk("stranger", endorsements=["x"]) | {"kid": "channel"}]}
    )
    assert keys["channel"].public_key.public_numbers() == rsa_key("channel").public_key().public_numbers()


def test_endorsements_of_a_wrong_kind_endorse_nothing():
    def endorsements(value: object) -> frozenset[str]:
        return read_key_document({"keys": [GOOD | {"endorsements": value}]})["channel"].endorsements

    assert endorsements(["a", 5, None, ["b"]]) == {"a"}
    assert endorsements("msteams") == endorsements({"msteams": 1}) == endorsements(None) == frozenset()


def test_a_document_holds_so_many_keys_and_no_more():
    entries = [GOOD | {"kid": str(index)} for index in range(MAX_KEYS + 1)]
    assert len(read_key_document({"keys": entries})) == MAX_KEYS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


@given(document=json_values | st.fixed_dictionaries({"keys": st.lists(json_values, max_size=3)}))
def test_no_document_breaks_us(document):
    assert not read_key_document(document)


@given(changes=st.dictionaries(st.sampled_from([*GOOD, "endorsements", "issuer"]), json_values))
def test_no_field_of_a_key_breaks_us(changes):
    assert len(read_key_document({"keys": [GOOD | changes]})) <= 1

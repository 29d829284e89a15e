"""Any Authorization header either holds a token or is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.bearer_token import BearerToken, bearer_text
from identity.errors import Unauthorized
from identity.signing_keys import SigningKey
from tests.fakes.token_mint import CHANNEL_ISSUER, TokenMint, rsa_key

KEY = SigningKey(rsa_key("channel").public_key())
TOKEN = TokenMint(datetime(2026, 1, 1, tzinfo=UTC)).channel()


def test_a_token_names_its_key_and_its_issuer():
    token = BearerToken.read(bearer_text([f"Bearer {TOKEN}"]))
    assert (token.text, token.key_id, token.issuer) == (TOKEN, "channel", CHANNEL_ISSUER)
    assert token.verified_claims(KEY)["iss"] == CHANNEL_ISSUER


segments = st.text("AZaz09-_.", max_size=40) | st.binary(max_size=40).map(lambda data: data.hex())


@given(header=st.text() | st.builds("Bearer {}.{}.{}".format, segments, segments, segments))
def test_no_header_breaks_us(header):
    with pytest.raises(Unauthorized):
        BearerToken.read(bearer_text([header])).verified_claims(KEY)


@given(place=st.integers(0, len(TOKEN) - 2), character=st.sampled_from("AQgw09-_."))
def test_a_token_of_which_one_character_is_changed_is_refused(place, character):
    """All but the last, whose low bits are padding."""
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    if changed == TOKEN:
        return
    with pytest.raises(Unauthorized):
        BearerToken.read(bearer_text([f"Bearer {changed}"])).verified_claims(KEY)

"""Which tokens are remembered."""

from identity.signing_keys import SigningKey
from identity.verified_token_cache import VerifiedToken, VerifiedTokenCache
from tests.fakes.token_mint import rsa_key

TOKEN = VerifiedToken({}, SigningKey(rsa_key("channel").public_key()), "channel", "issuer", valid_until=100.0)


def test_only_so_many_tokens_are_remembered():
    tokens = VerifiedTokenCache(size=2, monotonic=lambda: 0.0)
    for text in ("a", "b", "c"):
        tokens.put(text, TOKEN)
    assert tokens.get("a", 0) is None
    assert tokens.get("b", 0) is tokens.get("c", 0) is TOKEN


def test_the_one_longest_out_of_use_is_forgotten_first():
    tokens = VerifiedTokenCache(size=2, monotonic=lambda: 0.0)
    tokens.put("a", TOKEN)
    tokens.put("b", TOKEN)
    assert tokens.get("a", 0)
    tokens.put("c", TOKEN)
    assert tokens.get("a", 0) is TOKEN
    assert tokens.get("b", 0) is None


def test_a_token_is_forgotten_at_its_end():
    tokens = VerifiedTokenCache(monotonic=lambda: 0.0)
    tokens.put("a", TOKEN)
    assert tokens.get("a", 99.9) is TOKEN
    assert tokens.get("a", 100.0) is None
    assert tokens.get("a", 0) is None


def test_a_token_is_forgotten_after_an_hour_whatever_the_clock_on_the_wall_says():
    uptime = 500.0
    tokens = VerifiedTokenCache(monotonic=lambda: uptime)
    tokens.put("a", TOKEN)
    uptime += 3599
    assert tokens.get("a", 0) is TOKEN
    uptime += 1
    assert tokens.get("a", 0) is None

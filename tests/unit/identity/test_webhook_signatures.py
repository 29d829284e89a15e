"""The verdicts on signatures: what is let in, and what is said to what is not."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.webhook_signatures import TOLERANCE, SignatureRefused, WebhookSecrets
from tests.fakes.signing import KEY, SECRET, signature, signed

BODY = b'{"type":"job.succeeded","data":{"jobId":1}}'
NOW = 1_800_000_000.0
OTHER = bytes(range(1, 33))
OTHER_SECRET = "whsec_" + base64.b64encode(OTHER).decode()


def verify(
    headers: dict[str, str | list[str]], body: bytes = BODY, *, secrets=(SECRET,), now: float = NOW
) -> str:
    lists = {name: [value] if isinstance(value, str) else value for name, value in headers.items()}
    return WebhookSecrets(secrets).verify(lists, body, now=now)


def headers(**changes: str | list[str] | None) -> dict[str, str | list[str]]:
    given = {**signed(BODY, at=NOW), **{name.replace("_", "-"): value for name, value in changes.items()}}
    return {name: value for name, value in given.items() if value is not None}


VALID = signature("msg_1", int(NOW), BODY)
FOREIGN = signature("msg_1", int(NOW), BODY, key=OTHER)


@pytest.mark.parametrize(
    "given, options",
    [
        (headers(), {}),
        (headers(), {"now": NOW + TOLERANCE}),
        (headers(), {"now": NOW - TOLERANCE}),
        (headers(), {"secrets": (OTHER_SECRET, SECRET)}),  # While one replaces the other.
        (headers(webhook_signature=f"{FOREIGN} {VALID}"), {}),
        (headers(webhook_signature=f"v1a,abc {VALID} v2,{'A' * 86}=="), {}),
        (headers(webhook_signature=" ".join([*[FOREIGN] * 7, VALID])), {}),
    ],
)
def test_a_valid_signature_is_let_in(given, options):
    assert verify(given, **options) == "msg_1"


@pytest.mark.parametrize(
    "given, options, said",
    [
        (headers(), {"body": BODY + b" "}, "No signature"),
        (headers(), {"secrets": (OTHER_SECRET,)}, "No signature"),
        (headers(webhook_id="msg_2"), {}, "No signature"),
        (headers(webhook_timestamp=str(int(NOW) + 1)), {}, "No signature"),
        (headers(webhook_signature=f"v1a,{VALID[3:]}"), {}, "No signature"),
        (headers(), {"now": NOW + TOLERANCE + 1}, "here it is 1800000301: more than 300 s apart"),
        (headers(), {"now": NOW - TOLERANCE - 1}, "more than 300 s apart"),
        (headers(webhook_id=None), {}, "webhook-id must be there once"),
        (headers(webhook_timestamp=None), {}, "webhook-timestamp must be there once"),
        (headers(webhook_signature=None), {}, "webhook-signature must be there once"),
        (headers(webhook_signature=[VALID, VALID]), {}, "webhook-signature must be there once"),
        (headers(webhook_id="a.b"), {}, "without a dot"),
        (headers(webhook_id=""), {}, "webhook-id must be 1 to 256"),
        (headers(webhook_id="x" * 257), {}, "webhook-id must be 1 to 256"),
        (headers(webhook_id="ä"), {}, "visible ASCII"),
        (headers(webhook_timestamp="1_800_000_000"), {}, "seconds since the epoch"),
        (headers(webhook_timestamp="1800000000.5"), {}, "seconds since the epoch"),
        (headers(webhook_timestamp="-1"), {}, "seconds since the epoch"),
        (headers(webhook_timestamp="١٨"), {}, "seconds since the epoch"),
        (headers(webhook_timestamp="9" * 13), {}, "seconds since the epoch"),
        (headers(webhook_signature=""), {}, "must be at most 8"),
        (headers(webhook_signature=VALID[3:]), {}, "must be at most 8"),
        (headers(webhook_signature=f"{VALID}  {VALID}"), {}, "must be at most 8"),
        (headers(webhook_signature=" ".join([VALID] * 9)), {}, "must be at most 8"),
        (headers(webhook_signature="v1,ÄÄ"), {}, "must be at most 8"),
        (headers(webhook_signature=VALID[:-3] + "!!="), {}, "must be at most 8"),
        (headers(webhook_signature=VALID[:-2]), {}, "No signature"),  # Truncated.
        (headers(webhook_signature=VALID + "="), {}, "No signature"),
    ],
)
def test_any_other_is_refused_and_the_answer_says_which_check_failed(given, options, said):
    with pytest.raises(SignatureRefused) as refused:
        verify(given, **options)
    assert said in str(refused.value)
    assert VALID[3:20] not in str(refused.value)  # Never what would have been right.


def test_there_is_one_text_for_each_signature():
    """The last letter of base64 has two bits that mean nothing: with others it is refused."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = letters.index(VALID[-2])
    twin = VALID[:-2] + letters[last ^ 1] + "="
    assert base64.b64decode(twin[3:]) == base64.b64decode(VALID[3:])
    with pytest.raises(SignatureRefused, match="canonical"):
        verify(headers(webhook_signature=twin))


@given(
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()),
    st.binary(),
)
def test_no_request_of_a_stranger_is_let_in_or_breaks_anything(given, body):
    with pytest.raises(SignatureRefused):
        verify(given, body)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "secret",
        base64.b64encode(KEY).decode(),
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        SECRET + "\n",
        SECRET[:-1],
        "v1," + SECRET,
        "whsec_" + base64.urlsafe_b64encode(b"\xff" * 32).decode(),
    ],
)
def test_a_secret_that_is_none_is_refused_at_the_start_and_not_repeated(secret):
    with pytest.raises(ValueError, match="24 to 64 random bytes") as refused:
        WebhookSecrets([secret])
    assert len(secret) < 10 or secret not in str(refused.value)

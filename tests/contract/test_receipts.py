"""Answers that are kept for requests that may be sent again."""

from datetime import timedelta

from state.store.receipts import KEPT_FOR, SWEPT_TOGETHER, KeptReceipt

FIRST, SECOND = KeptReceipt("digest", 202, '{"job": 1}'), KeptReceipt("another", 409, "{}")


async def test_the_first_answer_is_kept(store):
    assert await store.receipt("a") is None
    assert await store.keep_receipt("a", FIRST) == FIRST
    assert await store.keep_receipt("a", SECOND) == FIRST
    assert await store.receipt("a") == FIRST
    assert await store.receipt("b") is None


async def test_it_is_forgotten_when_nobody_sends_the_request_again(store, clock):
    for number in range(SWEPT_TOGETHER + 5):
        await store.keep_receipt(f"old {number}", FIRST)
    clock.advance(seconds=(KEPT_FOR - timedelta(seconds=1)).total_seconds())
    assert await store.receipt("old 0") == FIRST
    clock.advance(seconds=2)
    assert await store.receipt("old 0") is None
    assert await store.keep_receipt("old 14", SECOND) == SECOND

"""Compressed bodies are inflated up to the limit, whatever their content."""

import gzip
import tracemalloc
import zlib

import pytest

from web.intake.inflating import inflate

RAW_DEFLATE = zlib.compressobj(wbits=-zlib.MAX_WBITS)


@pytest.mark.parametrize(
    "packed, encoding",
    [
        (gzip.compress(b"run", mtime=0), "gzip"),
        (zlib.compress(b"run"), "deflate"),
        (RAW_DEFLATE.compress(b"run") + RAW_DEFLATE.flush(), "deflate"),
    ],
)
def test_what_clients_send_is_inflated(packed, encoding):
    assert inflate(packed, encoding, 3) == b"run"
    assert len(inflate(packed, encoding, 2)) > 2


def test_of_a_bomb_no_more_than_the_limit_is_inflated():
    bomb = gzip.compress(bytes(100_000_000))
    tracemalloc.start()
    try:
        assert len(inflate(bomb, "gzip", 10_000)) == 10_001
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"run",
        gzip.compress(b"run", mtime=0)[:-1],
        gzip.compress(b"run", mtime=0) + b"x",
        gzip.compress(b"run", mtime=0) * 2,
    ],
)
def test_what_is_no_archive_or_more_than_one_is_refused(packed):
    with pytest.raises(ValueError):
        inflate(packed, "gzip", 100)

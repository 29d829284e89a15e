"""What was not used for longest is forgotten first."""

from lru_map import LruMap


def kept(values: LruMap[str, int], names: str) -> str:
    return "".join(name for name in names if values.get(name) is not None)


def test_a_value_is_found_until_it_is_dropped():
    values = LruMap(2)
    values.put("a", 1)
    values.put("a", 2)
    assert (values.get("a"), values.get("b"), len(values)) == (2, None, 1)
    values.drop("a")
    values.drop("b")
    assert (values.get("a"), len(values)) == (None, 0)


def test_of_too_many_the_least_recently_used_goes_first():
    values = LruMap(3)
    for name in "abc":
        values.put(name, 1)
    values.get("a")  # Used again, as is b.
    values.put("b", 2)
    values.put("d", 1)
    assert kept(values, "abcd") == "abd"


def test_values_in_use_are_kept_and_so_is_the_newest():
    busy = {1, 2, 3}
    values = LruMap(2, in_use=lambda value: value in busy)
    for name, value in (("a", 1), ("b", 2), ("c", 3), ("d", 4)):
        values.put(name, value)
    assert kept(values, "abcd") == "abcd"
    busy.discard(2)
    values.put("e", 5)
    assert kept(values, "abcde") == "acde"

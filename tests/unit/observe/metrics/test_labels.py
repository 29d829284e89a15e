"""However many names come from outside, the number of series is bounded."""

from observe.metrics.labels import OTHER, BoundedLabel


def test_the_first_names_keep_their_own_series_and_all_later_ones_share_one():
    label = BoundedLabel(2)
    assert [label(name) for name in ("a", "b", "c", "a", "d")] == ["a", "b", OTHER, "a", OTHER]


def test_a_name_that_is_not_known_is_among_the_others():
    assert BoundedLabel()("") == OTHER


def test_a_long_name_is_cut():
    assert len(BoundedLabel()("x" * 1000)) == 80

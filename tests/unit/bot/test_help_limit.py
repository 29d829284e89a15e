from bot.help_limit import MOST_IN_A_MINUTE, SAME_TEXT, HelpLimit
from jobs.lane import lane_key

HERE, THERE = lane_key("test", "here"), lane_key("test", "there")


class Time:
    """Seconds, as many as the test says."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_same_text_gets_help_once_until_it_has_been_quiet_for_a_minute():
    limit = HelpLimit(time=(time := Time()))
    assert limit.allows(HERE, "hi")
    for _ in range(10):
        time.now += SAME_TEXT - 1
        assert not limit.allows(HERE, "hi")
    time.now += SAME_TEXT
    assert limit.allows(HERE, "hi")


def test_another_text_and_another_conversation_get_help():
    limit = HelpLimit(time=Time())
    assert limit.allows(HERE, "hi")
    assert limit.allows(HERE, "hello")
    assert limit.allows(THERE, "hello")


def test_so_many_helps_are_given_in_a_minute_and_no_more():
    limit = HelpLimit(time=(time := Time()))
    for number in range(MOST_IN_A_MINUTE):
        assert limit.allows(HERE, str(number))
        time.now += 1
    assert not limit.allows(HERE, "another")
    time.now = 60
    assert limit.allows(HERE, "one more")
    assert not limit.allows(HERE, "and another")

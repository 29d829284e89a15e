import logging
from datetime import timedelta

import pytest

from delivery.rounds import Rounds, RoundsOverdue
from state.errors import StoreUnavailable
from tests.fakes.seconds import Seconds

MINUTE = timedelta(minutes=1)


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def rounds(seconds):
    rounds = Rounds(MINUTE, time=seconds)
    rounds.begin("look", "renew")
    return rounds


def test_a_task_that_completes_no_round_is_overdue(rounds, seconds):
    seconds.now += 60
    rounds.check()
    with rounds.round("renew"):
        pass
    seconds.now += 1
    with pytest.raises(RoundsOverdue, match=r"for 0:01:00 the bot did not look$"):
        rounds.check()
    with rounds.round("look"):
        pass
    rounds.check()


@pytest.mark.parametrize("error", [StoreUnavailable("down"), ValueError("odd")])
def test_a_round_that_fails_is_logged_and_not_completed(rounds, seconds, caplog, error):
    seconds.now += 61
    with rounds.round("look"):
        raise error
    assert "Cannot look" in caplog.text
    with pytest.raises(RoundsOverdue):
        rounds.check()


def test_a_task_that_hangs_is_logged_once_by_the_rounds_of_another(rounds, seconds, caplog):
    seconds.now += 61
    for _ in range(3):
        with rounds.round("renew"):
            pass
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len([line for line in said if line.startswith("Could not look for 0:01:00")]) == 1

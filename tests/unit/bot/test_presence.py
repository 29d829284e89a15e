"""Members who are added and removed, as far as they are stored."""

import pytest
from botbuilder.schema import ChannelAccount

from bot.presence import MEMBERS, known


def test_so_many_members_are_kept_and_no_more():
    crowd = [ChannelAccount(id=str(number)) for number in range(2 * MEMBERS)]
    assert known(crowd) == crowd[:MEMBERS]


@pytest.mark.parametrize("member_id", [None, "", "x" * 1025, "x\0"])
def test_a_member_without_a_usable_id_is_none(member_id):
    ann = ChannelAccount(id="ann")
    assert known([ChannelAccount(id=member_id), None, ann]) == [ann]


def test_there_may_be_nobody():
    assert known(None) == []

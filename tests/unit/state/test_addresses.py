"""An address remembers who vouched for it."""

import pytest

from channel.service_urls import RefusedServiceUrl, ServiceUrlPolicy
from state.addresses import Address, VouchedBy, dump_address, load_address

URL = "https://bot.example/.bot"


@pytest.mark.parametrize("vouched_by", VouchedBy)
def test_it_comes_back_as_it_was_stored(vouched_by):
    assert load_address(dump_address(URL, vouched_by)) == Address(URL, vouched_by)


@pytest.mark.parametrize("text", [URL, f"{URL}#", f"{URL}#of-a-later-version"])
def test_without_a_mark_that_we_know_nothing_vouches_for_it(text):
    assert load_address(text) == Address(URL, VouchedBy.NONE)


@pytest.mark.parametrize("authentication", [True, False])
def test_no_caller_writes_the_mark_into_a_service_url(authentication):
    policy = ServiceUrlPolicy(authentication=authentication, extra_hosts=["https://bot.example"])
    assert policy.check(URL, VouchedBy.NONE) == URL
    with pytest.raises(RefusedServiceUrl):
        policy.check(f"{URL}#channel", VouchedBy.NONE)

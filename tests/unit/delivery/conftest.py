import pytest

from delivery.hosts.service_hosts import ServiceHosts
from tests.fakes.seconds import Seconds


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def hosts(seconds) -> ServiceHosts:
    return ServiceHosts(time=seconds)

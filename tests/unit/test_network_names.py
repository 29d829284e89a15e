"""Which addresses are on the internet."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network_names import host_of, is_loopback, is_public

PUBLIC = ["52.112.0.1", "8.8.8.8", "2603:1063::1", "2a00:1450:4001::1", "64:ff9b::808:808"]

INSIDE = {
    "loopback": ["127.0.0.1", "127.9.9.9", "::1"],
    "any": ["0.0.0.0", "0.1.2.3", "::"],  # noqa: S104
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1", "fc00::1"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "fec0::1"],
    "carrier-grade NAT": ["100.64.0.1", "100.100.100.200", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.192", "198.18.0.1", "4000::1", "200::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1"],
    "IPv4 in IPv6": ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8"],
    "6to4": ["2002:7f00:1::", "2002:808:808::1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808"],
    "Azure's host": ["168.63.129.16", "64:ff9b::a83f:8110"],
    "no address": ["", "localhost", "127.1", "8.8.8.8.", "[::1]", "8.8.8.8:80", "0x8.8.8.8"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", [each for kind in INSIDE.values() for each in kind])
def test_all_others_are_not(address):
    assert not is_public(address)


@given(st.ip_addresses().map(str))
def test_no_address_is_both_public_and_loopback(address):
    assert not (is_public(address) and is_loopback(address))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_public_by_nat64_if_it_is_by_itself(address):
    by_nat64 = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(address))
    assert is_public(str(by_nat64)) == is_public(str(address))


@pytest.mark.parametrize(
    "url, host",
    [
        ("https://smba.trafficmanager.net/teams", "smba.trafficmanager.net"),
        ("https://smba.trafficmanager.net#channel", "smba.trafficmanager.net"),
        ("http://localhost:3978/.bot#emulator", "localhost:3978"),
        ("http://[::1]:80", "[::1]:80"),
        ("", ""),
    ],
)
def test_a_host_is_the_same_whoever_vouches_for_its_address(url, host):
    """A stored address carries a mark: turns and notices must still count at the same host."""
    assert host_of(url) == host

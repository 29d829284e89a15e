"""Where the bot may send to."""

import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from channel.service_urls import RefusedServiceUrl, ServiceUrlPolicy
from state.addresses import VouchedBy

OPEN = ServiceUrlPolicy(authentication=False)
CLOSED = ServiceUrlPolicy(authentication=True)

MALFORMED = [
    "",
    "localhost",
    "//localhost",
    "http:/localhost",
    "http:localhost",
    "http://",
    "http:///v3",
    "ftp://localhost",
    "file:///etc/passwd",
    "javascript://localhost/%0aalert(1)",
    "http://user@localhost",
    "http://localhost:80@evil.example",
    "http://localhost#@evil.example",
    "http://localhost?x",
    "http://localhost/#x",
    "http://localhost\\@evil.example",
    "http://localhost/\\evil.example",
    "http://evil.example\\.localhost",
    "http://local host",
    " http://localhost",
    "http://localhost ",
    "http://localhost\n",
    "http://localhost\r\nHost: evil.example",
    "http://localhost\t",
    "http://local\0host",
    "http://localhost:",
    "http://localhost:x",
    "http://localhost:-1",
    "http://localhost:0",
    "http://localhost:65536",
    "http://localhost:8080:8080",
    "http://localhost.",
    "http://.localhost",
    "http://local..host",
    "http://-localhost",
    "http://local_host",
    "http://%6c%6fcalhost",
    "http://ⓛocalhost",
    "http://localhost。",
    "http://lоcalhost",  # noqa: RUF001  (a Cyrillic letter)
    "http://[::1",
    "http://[::1]]",
    "http://[::1%25eth0]",
    "http://[::1]evil.example",
    "http://[127.0.0.1]",
    "http://localhost/../v3",
    "http://localhost/a/./b",
    "http://localhost/a/%2e%2E/b",
    "http://localhost/.%2e",
    "http://localhost/" + "a" * 2048,
]

ODD_ADDRESSES = [
    "http://2130706433",
    "http://127.1",
    "http://127.0.1",
    "http://0177.0.0.1",
    "http://0x7f.0.0.1",
    "http://0x7f000001",
    "http://017700000001",
    "http://127.0.0.01",
    "http://127.0.0.0x1",
    "http://127.0.0.1.1",
    "http://127.0.0.256",
    "http://127.0.0.1.",
    "http://evil.127",
    "http://evil.0x7f",
    "http://[::ffff:127.0.0.1",
]


@pytest.mark.parametrize("url", MALFORMED + ODD_ADDRESSES, ids=ascii)
@pytest.mark.parametrize(
    "policy", [OPEN, CLOSED, ServiceUrlPolicy(authentication=True, extra_hosts=["localhost"])]
)
def test_what_two_readers_could_read_differently_is_refused(policy, url):
    with pytest.raises(RefusedServiceUrl):
        policy.check(url, VouchedBy.CHANNEL)


@pytest.mark.parametrize(
    "url, plain",
    [
        ("http://localhost:9002", "http://localhost:9002"),
        ("http://localhost:56512/_connector", "http://localhost:56512/_connector"),
        ("HTTP://LocalHost:80/Api/", "http://localhost/Api"),
        ("https://localhost:443/", "https://localhost"),
        ("http://127.0.0.1:9002/", "http://127.0.0.1:9002"),
        ("http://127.255.255.254", "http://127.255.255.254"),
        ("http://[::1]:9002", "http://[::1]:9002"),
        ("http://[0:0:0:0:0:0:0:1]/v", "http://[::1]/v"),
    ],
)
def test_without_authentication_this_machine_is_answered(url, plain):
    assert OPEN.check(url, VouchedBy.NONE) == plain


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net/teams/",
        "http://example.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://evil.example/localhost",
        "http://10.0.0.1",
        "http://169.254.169.254/metadata",
        "http://0.0.0.0",
        "http://128.0.0.1",
        "http://[::]",
        "http://[::2]",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:7f00:1]",
        "http://[::ffff:10.0.0.1]",
        "http://[64:ff9b::7f00:1]",
    ],
)
def test_without_authentication_nobody_else_is(url):
    with pytest.raises(RefusedServiceUrl):
        OPEN.check(url, VouchedBy.CHANNEL)


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net/teams/",
        "https://smba.trafficmanager.net/emea/aaaa-bbbb/",
        "https://smba.infra.gcc.teams.microsoft.com/gcc",
        "https://smba.infra.gov.teams.microsoft.us/gcch",
        "https://webchat.botframework.com/",
        "https://directline.botframework.com/",
        "https://europe.directline.botframework.com/",
        "https://webchat.botframework.azure.us/",
    ],
)
def test_with_authentication_the_bot_framework_is_answered(url):
    assert CLOSED.check(url, VouchedBy.NONE) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://smba.trafficmanager.net/teams/",
        "https://evil.trafficmanager.net/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://botframework.com.evil.example/",
        "https://evilbotframework.com/",
        "https://botframework.com@evil.example/",
        "https://smba.trafficmanager.net:8443/teams",
        "https://webchat.botframework.com:444",
        "https://xn--otframework-vqf.com/",
        "https://localhost/",
        "https://127.0.0.1/",
    ],
)
def test_with_authentication_nobody_else_is(url):
    with pytest.raises(RefusedServiceUrl):
        CLOSED.check(url, VouchedBy.NONE)


def test_a_channel_s_token_vouches_for_other_hosts_of_the_internet():
    url = "https://bot.azurewebsites.net/.bot"
    assert CLOSED.check(url, VouchedBy.CHANNEL) == url
    with pytest.raises(RefusedServiceUrl):
        CLOSED.check(url, VouchedBy.NONE)


@pytest.mark.parametrize(
    "url", ["http://bot.azurewebsites.net", "https://10.0.0.1", "https://[fe80::1]", "https://intranet"]
)
def test_no_token_vouches_for_plain_http_or_the_inside_of_a_network(url):
    with pytest.raises(RefusedServiceUrl):
        CLOSED.check(url, VouchedBy.CHANNEL)


def test_the_port_of_https_may_be_named():
    url = "https://smba.trafficmanager.net:443/teams"
    assert CLOSED.check(url, VouchedBy.NONE) == "https://smba.trafficmanager.net/teams"


def test_the_emulator_vouches_for_loopback_alone_and_only_where_that_is_allowed():
    beside_us = ServiceUrlPolicy(authentication=True, emulator_on_this_machine=True)
    assert beside_us.check("http://localhost:56512", VouchedBy.EMULATOR) == "http://localhost:56512"
    for policy, url, vouched_by in (
        (beside_us, "http://localhost:56512", VouchedBy.CHANNEL),
        (beside_us, "http://localhost:56512", VouchedBy.NONE),
        (beside_us, "http://10.0.0.1", VouchedBy.EMULATOR),
        (beside_us, "https://bot.azurewebsites.net", VouchedBy.EMULATOR),
        (CLOSED, "http://localhost:56512", VouchedBy.EMULATOR),
    ):
        with pytest.raises(RefusedServiceUrl, match="SERVICE_URL_HOSTS"):
            policy.check(url, vouched_by)


def test_only_hosts_that_the_operator_named_may_be_inside_a_network():
    policy = ServiceUrlPolicy(authentication=True, extra_hosts=["inside.example", "http://[::1]:9002"])
    assert policy.may_be_inside("inside.example", 443)
    assert policy.may_be_inside("::1", 9002)
    assert not policy.may_be_inside("::1", 9003)
    assert not policy.may_be_inside("smba.trafficmanager.net", 443)
    assert [OPEN.allows_loopback, CLOSED.allows_loopback] == [True, False]


@pytest.mark.parametrize(
    "extra, allowed, refused",
    [
        (
            "channel.example",
            ["https://channel.example/x", "https://channel.example:8443"],
            ["http://channel.example", "https://a.channel.example", "https://channel.example.evil.example"],
        ),
        (
            "http://127.0.0.1",
            ["http://127.0.0.1:1", "http://127.0.0.1:9002"],
            ["https://127.0.0.1", "http://127.0.0.2", "http://127.1"],
        ),
        ("http://127.0.0.1:9002", ["http://127.0.0.1:9002/v"], ["http://127.0.0.1", "http://127.0.0.1:9003"]),
        ("https://Channel.Example:443/", ["https://channel.example"], ["https://channel.example:444"]),
        ("http://[::1]", ["http://[::1]:9002"], ["http://[::2]"]),
        ("http://[::1]:9002", ["http://[::1]:9002"], ["http://[::1]:9003"]),
    ],
)
def test_an_extra_host_is_allowed_as_it_is_written_and_no_further(extra, allowed, refused):
    policy = ServiceUrlPolicy(authentication=True, extra_hosts=[extra])
    for url in allowed:
        assert policy.check(url, VouchedBy.NONE) == url
    for url in refused:
        with pytest.raises(RefusedServiceUrl):
            policy.check(url, VouchedBy.NONE)


@pytest.mark.parametrize(
    "text",
    ["", "*", "*.example.com", "http://", "a b", "http://x/y", "x:1", "ftp://x", "u@x", "http://x?", "127.1"],
)
def test_an_extra_host_that_is_none_is_an_error_of_configuration(text):
    with pytest.raises(ValueError, match="neither a host nor scheme"):
        ServiceUrlPolicy(authentication=True, extra_hosts=[text])


urls = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "HTTP://", "//", "http:/\\", ""]),
    st.text("127.0x:[]f@localhst%2e\\", max_size=20)
    | st.ip_addresses().map(str)
    | st.ip_addresses(v=6).map("[{}]".format),
    st.sampled_from(["", ":80", ":", "@evil.example", "#", "?"]),
    st.text("/.%2e\\a", max_size=8),
)


@given(url=urls | st.text())
def test_whatever_passes_means_this_machine_to_the_client_too(url):
    """The client has its own idea of URLs; where we saw this machine, it must not see another."""
    try:
        plain = OPEN.check(url, VouchedBy.NONE)
    except RefusedServiceUrl:
        return
    for host in (URL(plain).host, URL(url).host, urlsplit(plain).hostname, urlsplit(url).hostname):
        assert host == "localhost" or ipaddress.ip_address(host).is_loopback
    assert OPEN.check(plain, VouchedBy.NONE) == plain

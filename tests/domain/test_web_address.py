"""Addresses that a caller chose: none leads into the network this machine stands in (B31)."""

from __future__ import annotations

import pytest

from domain.errors import Refusal
from domain.web_address import may_be_called, web_address

MALFORMED = [
    *("", "https://", "https:///x", "hook.example", "//hook.example", "https:hook.example"),
    *("http://hook.example", "ftp://hook.example", "file:///etc/passwd", "gopher://h.example/_x"),
    *("https://user@hook.example", "https://u:p@hook.example", "https://@hook.example"),
    *("https://hook.example@10.0.0.1/", "https://hook.example#@10.0.0.1/", "https://h.example/#a"),
    *("https://hook.example\\@10.0.0.1/", "https://hook.example /", "https://hook.example/\n"),
    *("https://hook.exam\tple/", "https://höök.example/", "https://１２７.0.0.1/"),
    *("https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/"),
    *("https://0177.0.0.1/", "https://127.0.0.1./", "https://1.2.3/", "https://256.1.1.1/"),
    *("https://a.0x7f/", "https://a.1/", "https://-a.example/", "https://a..example/"),
    *("https://[::1/", "https://[1.2.3.4]:x/", "https://[x]/"),
    *("https://hook.example:0/", "https://hook.example:99999/", "https://hook.example:x/"),
    *("https://%31%32%37.0.0.1/", "https://hook%2eexample/", "https://" + "a." * 2000 + "example"),
]
PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
    *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[fc00::1]", "[fd12:3456::1]"),
]
NEVER = [
    *("0.0.0.0", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
    *("255.255.255.255", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9"),
    *("168.63.129.16", "100.100.100.200", "192.88.99.1", "[::]", "[fe80::1]", "[fec0::1]"),
    *("[ff02::1]", "[fd00:ec2::254]", "[::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]"),
    *("[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2001:db8::1]", "[::ffff:169.254.169.254]"),
    *("[fe80::1%25eth0]", "[fc00::1%25eth0]", "[100::1]"),
]  # fmt: skip


def refused(url: str, *, is_private_allowed: bool = False) -> list[str]:
    with pytest.raises(Refusal) as caught:
        web_address(url, is_private_allowed=is_private_allowed)
    return [issue.code for issue in caught.value.issues]


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    """Decimal, octal and short numbers, users, fragments, other schemes, what parsers differ on."""
    assert refused(url) == ["FIELD_INVALID"]
    if not url.startswith("http://"):
        assert refused(url, is_private_allowed=True) == ["FIELD_INVALID"]


@pytest.mark.parametrize("host", PRIVATE)
def test_an_intranet_is_called_only_where_the_installation_allows_it(host: str) -> None:
    assert refused(f"https://{host}/") == ["WEBHOOK_HOST_PRIVATE"]
    for scheme in ("http", "https"):
        web_address(f"{scheme}://{host}:8080/", is_private_allowed=True)


@pytest.mark.parametrize("host", NEVER)
def test_metadata_multicast_and_tunnels_are_never_called(host: str) -> None:
    for allowed in (False, True):
        found = refused(f"https://{host}/", is_private_allowed=allowed)
        assert found == ["WEBHOOK_HOST_PRIVATE"]


@pytest.mark.parametrize("number", ["", "localhost", "127.1", "fe80::1%eth0", "10.0.0.1 "])
def test_what_is_no_number_is_not_called(number: str) -> None:
    assert not may_be_called(number, is_private_allowed=True)


@pytest.mark.parametrize(
    ("url", "authority", "pinned"),
    [
        ("https://Hook.Example/in?a=1", "hook.example", "https://8.8.8.8:443/in?a=1"),
        ("https://hook.example:8443", "hook.example:8443", "https://8.8.8.8:8443/"),
        ("https://8.8.4.4/x", "8.8.4.4", "https://8.8.8.8:443/x"),
        ("https://[2606:4700::1]:444/", "[2606:4700::1]:444", "https://8.8.8.8:444/"),
        ("https://xn--hk-fka.example./a//b", "xn--hk-fka.example.", "https://8.8.8.8:443/a//b"),
    ],
)
def test_a_right_address_keeps_its_name_and_is_asked_at_a_number(
    url: str, authority: str, pinned: str
) -> None:
    found = web_address(url, is_private_allowed=False)
    assert found.authority == authority
    assert found.at("8.8.8.8") == pinned
    assert found.at("2606:4700::1").startswith("https://[2606:4700::1]:")

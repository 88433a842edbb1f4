"""Which addresses of the web may be called from here: no door into the firm's own network.

An address that a caller chose is followed by this machine, which stands where the caller does not:
beside databases, printers and the metadata of its cloud (SSRF). The form is judged when it is
given, the numbers it stands for each time before it is called.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from domain.errors import FIELD_INVALID, PathPart, Refusal, call_error

LONGEST_URL = 2000

WEBHOOK_HOST_PRIVATE = call_error(
    "WEBHOOK_HOST_PRIVATE",
    "The host {host} is not on the public internet.",
    "Give an address that anybody can reach, or set JALON_WEBHOOKS_PRIVATE for an intranet.",
)

_PORTS = {"http": 80, "https": 443}
_WRITTEN = re.compile(r"[!-~]+")
_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
"""A last label by which a whole name is read as a number: 2130706433, 0x7f.1, 127.1."""

_UNICAST = IPv6Network("2000::/3")
_MAPPED_TO_IPV4 = IPv6Network("::ffff:0:0/96")
_TRANSLATED = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC_IPV6 = tuple(
    IPv6Network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "3ffe::/16")
)
"""Tunnels (Teredo, 6to4) that lead to an IPv4 address of the caller's choice, and examples."""
_NOT_PUBLIC_IPV4 = tuple(
    ip_network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # The metadata of one cloud, at an address that looks public.
    )
)
_INTRANET = tuple(
    ip_network(block)
    for block in (
        *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        *("::1/128", "fc00::/7"),
    )
)
_METADATA = (ip_address("100.100.100.200"), ip_address("fd00:ec2::254"))
"""Where clouds tell a machine its own passwords, among the addresses of intranets."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address whose form is right; `host` has no brackets, `path` begins with a slash."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_usual_port(self) -> bool:
        return self.port == _PORTS[self.scheme]

    @property
    def authority(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.is_usual_port else f"{host}:{self.port}"

    def at(self, number: str) -> str:
        """The same address with `number` in the place of the host's name."""
        host = f"[{number}]" if ":" in number else number
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def web_address(
    url: str,
    *,
    is_private_allowed: bool,
    may_have_query: bool = True,
    field: tuple[PathPart, ...] = (),
) -> WebAddress:
    """The address that `url` names; FIELD_INVALID, or WEBHOOK_HOST_PRIVATE for such a number."""
    if not _WRITTEN.fullmatch(url) or "\\" in url or len(url) > LONGEST_URL:
        raise _invalid(field, "it has characters that no address has, or too many")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _invalid(field, "it is not an https:// address") from None
    schemes = ("https", "http") if is_private_allowed else ("https",)
    if parts.scheme not in schemes or not parts.hostname or port == 0:
        raise _invalid(field, "it is not an https:// address")
    if "@" in parts.netloc or parts.fragment:
        raise _invalid(field, "a user, a password or a fragment (#) has no place in it")
    if "?" in url and not may_have_query:
        raise _invalid(field, "a question mark has no place in it")
    host = parts.hostname
    number = _number(host, is_bracketed=parts.netloc.startswith("["), field=field)
    if number is not None and not may_be_called(number, is_private_allowed=is_private_allowed):
        raise Refusal(WEBHOOK_HOST_PRIVATE(field=field, host=host))
    return WebAddress(parts.scheme, host, port or _PORTS[parts.scheme], _path(parts))


def may_be_called(number: str, *, is_private_allowed: bool) -> bool:
    """Whether the machine with this IP address may be called; `number` is canonical.

    Private ones only where the installation allows it; link-local, multicast, reserved ones and
    the metadata of clouds never.
    """
    try:
        address = ip_address(number)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    address = _meant(address)
    is_inside = any(address in block for block in _INTRANET if block.version == address.version)
    if is_private_allowed and is_inside and address not in _METADATA:
        return True
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_IPV4)
    is_out = any(address in block for block in _NOT_PUBLIC_IPV6)
    return address in _UNICAST and not is_out


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for: mapped, or translated by the network."""
    if isinstance(address, IPv6Address) and (address in _MAPPED_TO_IPV4 or address in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _number(host: str, *, is_bracketed: bool, field: tuple[PathPart, ...]) -> str | None:
    """The host where it is an IP address in its canonical form; None where it is a name."""
    if is_bracketed or re.fullmatch(r"\d+(\.\d+){3}", host):
        try:
            return str(ip_address(host))
        except ValueError:
            raise _invalid(field, "its host is neither a name nor an IP address") from None
    # A dot at its end is that of the root: the name is the same one.
    name = host.removesuffix(".")
    if not _NAME.fullmatch(name) or _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise _invalid(field, "its host is neither a name nor an IP address")
    return None


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _invalid(field: tuple[PathPart, ...], reason: str) -> Refusal:
    return Refusal(FIELD_INVALID(field=field, name="The address", reason=reason))

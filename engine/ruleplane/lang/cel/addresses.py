"""IP addresses and ranges as values: standard library objects, with the rules Kubernetes adds.

No zones (``fe80::1%en0``), no IPv4-mapped IPv6 in dotted form, no leading zeros. An IPv4-mapped address in
hexadecimal form equals its IPv4 address, as in Go's netip after Unmap.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any, ClassVar

from ruleplane.lang.cel.source import CelError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class IP:
    """One address.

    >>> ip("::ffff:c0a8:1") == ip("192.168.0.1")
    True
    """

    __slots__ = ("address",)
    cel_kind: ClassVar[str] = "ip"

    def __init__(self, address: _Address) -> None:
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        self.address: _Address = mapped or address

    def __eq__(self, other: object) -> bool:
        return other.__class__ is IP and other.address == self.address

    def __hash__(self) -> int:
        return hash((IP, self.address))

    def __str__(self) -> str:
        return str(self.address)

    def __repr__(self) -> str:
        return f"ip({str(self)!r})"


class CIDR:
    """An address with a prefix length; the bits past the prefix are kept (``10.0.0.1/8``)."""

    __slots__ = ("address", "network")
    cel_kind: ClassVar[str] = "cidr"

    def __init__(self, address: _Address, network: Any) -> None:
        self.address = address
        self.network = network

    def contains_address(self, other: IP) -> bool:
        """Whether the address lies in the range."""
        return other.address.version == self.network.version and other.address in self.network

    def contains(self, other: CIDR) -> bool:
        """Whether the other range lies in this one."""
        return other.network.version == self.network.version and bool(other.network.subnet_of(self.network))

    def __eq__(self, other: object) -> bool:
        return other.__class__ is CIDR and (other.address, other.network) == (self.address, self.network)

    def __hash__(self) -> int:
        return hash((CIDR, self.address, self.network))

    def __str__(self) -> str:
        return f"{self.address}/{self.network.prefixlen}"

    def __repr__(self) -> str:
        return f"cidr({str(self)!r})"


def _refuse(what: str, text: str) -> None:
    if "%" in text:
        raise CelError(f"{what} {text!r}: a zone is not allowed")
    if ":" in text and "." in text:
        raise CelError(f"{what} {text!r}: an IPv4-mapped IPv6 address is not allowed")


@lru_cache(maxsize=16_384)
def ip(text: str) -> IP:
    """Parse an address; CelError."""
    _refuse("IP address", text)
    try:
        return IP(ipaddress.ip_address(text))
    except ValueError as error:
        raise CelError(f"IP address {text!r}: {error}") from None


@lru_cache(maxsize=16_384)
def cidr(text: str) -> CIDR:
    """Parse a range; CelError."""
    _refuse("CIDR", text)
    address, slash, prefix = text.partition("/")
    # The standard library also takes netmasks and no prefix at all.
    if not slash or not (prefix.isascii() and prefix.isdigit()) or (len(prefix) > 1 and prefix[0] == "0"):
        raise CelError(f"CIDR {text!r}: an address, a slash and a prefix length are needed")
    try:
        return CIDR(ipaddress.ip_address(address), ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise CelError(f"CIDR {text!r}: {error}") from None

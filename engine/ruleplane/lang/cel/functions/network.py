"""IP addresses and ranges. https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library"""

from __future__ import annotations

import ipaddress

from ruleplane.lang.cel.addresses import CIDR, IP, cidr, ip
from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError

standard("ip(string) -> ip")(ip)
standard("cidr(string) -> cidr")(cidr)


@standard("isIP(string) -> bool")
def is_ip(text: str) -> bool:
    """Whether the text is an address."""
    try:
        ip(text)
    except CelError:
        return False
    return True


@standard("isCIDR(string) -> bool")
def is_cidr(text: str) -> bool:
    """Whether the text is a range."""
    try:
        cidr(text)
    except CelError:
        return False
    return True


@standard("ip.isCanonical(string) -> bool")
def is_canonical(text: str) -> bool:
    """Whether the text is the one form of its address; an error if it is none."""
    return str(ip(text)) == text


@standard("string(ip) -> string", "string(cidr) -> string")
def text_of(value: IP | CIDR) -> str:
    """The canonical text."""
    return str(value)


@standard("(ip).family() -> int")
def family(value: IP) -> int:
    """4 or 6."""
    return value.address.version


@standard("(ip).isUnspecified() -> bool")
def is_unspecified(value: IP) -> bool:
    """0.0.0.0 or ::."""
    return value.address.is_unspecified


@standard("(ip).isLoopback() -> bool")
def is_loopback(value: IP) -> bool:
    """127.0.0.0/8 or ::1."""
    return value.address.is_loopback


@standard("(ip).isLinkLocalMulticast() -> bool")
def is_link_local_multicast(value: IP) -> bool:
    """224.0.0.0/24 or ff02::/16.

    >>> is_link_local_multicast(ip("ff02::1"))
    True
    """
    address = value.address
    if isinstance(address, ipaddress.IPv4Address):
        return int(address) >> 8 == 0xE00000
    return int(address) >> 112 & 0xFF0F == 0xFF02


@standard("(ip).isLinkLocalUnicast() -> bool")
def is_link_local_unicast(value: IP) -> bool:
    """169.254.0.0/16 or fe80::/10."""
    return value.address.is_link_local


@standard("(ip).isGlobalUnicast() -> bool")
def is_global_unicast(value: IP) -> bool:
    """Neither unspecified, loopback, multicast, link-local nor the IPv4 broadcast address; private ranges count."""
    address = value.address
    special = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not special and str(address) != "255.255.255.255"


@standard("(cidr).containsIP(ip) -> bool")
def contains_ip(value: CIDR, address: IP) -> bool:
    """Whether the address lies in the range."""
    return value.contains_address(address)


@standard("(cidr).containsIP(string) -> bool")
def contains_ip_text(value: CIDR, address: str) -> bool:
    """Whether the address lies in the range."""
    return value.contains_address(ip(address))


@standard("(cidr).containsCIDR(cidr) -> bool")
def contains_cidr(value: CIDR, other: CIDR) -> bool:
    """Whether the other range lies in this one."""
    return value.contains(other)


@standard("(cidr).containsCIDR(string) -> bool")
def contains_cidr_text(value: CIDR, other: str) -> bool:
    """Whether the other range lies in this one."""
    return value.contains(cidr(other))


@standard("(cidr).ip() -> ip")
def address_of(value: CIDR) -> IP:
    """The address before the slash."""
    return IP(value.address)


@standard("(cidr).masked() -> cidr")
def masked(value: CIDR) -> CIDR:
    """The range with the bits past the prefix cleared."""
    return CIDR(value.network.network_address, value.network)


@standard("(cidr).prefixLength() -> int")
def prefix_length(value: CIDR) -> int:
    """The number behind the slash."""
    return int(value.network.prefixlen)

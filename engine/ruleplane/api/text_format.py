"""The formats of text that names, labels, keys and ports have, with the sentences that Kubernetes refuses others with.

Validations name them (``format: dnsLabel`` in rules/apiserver/validation.yaml). No kinds here.

https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import TypeAlias

Check: TypeAlias = Callable[[str], list[str]]  # text -> what is wrong with it; empty: nothing

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_KEY = "[-._a-zA-Z0-9]+"
_ENV_STRICT = "[ -<>-~]+"


def _message(text: str, pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{text} (e.g. {shown}regex used for validation is '{pattern}')"


_LABEL_TEXT = _message(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with"
    " an alphanumeric character", _LABEL, "my-name", "123-abc",
)  # fmt: skip
_SUBDOMAIN_TEXT = _message(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and"
    " end with an alphanumeric character", _SUBDOMAIN, "example.com",
)  # fmt: skip
_LABEL_1035_TEXT = _message(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character,"
    " and end with an alphanumeric character", _LABEL_1035, "my-name", "abc-123",
)  # fmt: skip
_QUALIFIED_TEXT = _message(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    _QUALIFIED, "MyName", "my.name", "123-abc",
)  # fmt: skip
_LABEL_VALUE_TEXT = _message(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and"
    " end with an alphanumeric character", f"({_QUALIFIED})?", "MyValue", "my_value", "12345",
)  # fmt: skip
_KEY_TEXT = _message(
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    _KEY, "key.name", "KEY_NAME", "key-name",
)  # fmt: skip


def max_length(length: int) -> str:
    """What is said of a text that is too long."""
    return f"must be no more than {length} bytes"


def _matching(pattern: str, length: int, text: str) -> Check:
    matches = re.compile(pattern).fullmatch

    def check(value: str) -> list[str]:
        found = [] if len(value) <= length else [max_length(length)]
        if not matches(value):
            found.append(text)
        return found

    return check


dns_label = _matching(_LABEL, 63, _LABEL_TEXT)
dns_label_1035 = _matching(_LABEL_1035, 63, _LABEL_1035_TEXT)
dns_subdomain = _matching(_SUBDOMAIN, 253, _SUBDOMAIN_TEXT)
label_value = _matching(f"({_QUALIFIED})?", 63, _LABEL_VALUE_TEXT)
_qualified_part = re.compile(_QUALIFIED).fullmatch
_config_key = re.compile(_KEY).fullmatch


def qualified_name(value: str) -> list[str]:
    """A label's or annotation's key: a name, or ``prefix/name``."""
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        tail = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a qualified name {_QUALIFIED_TEXT} {tail}"]
    found = []
    if slash:
        if not prefix:
            found.append("prefix part must be non-empty")
        else:
            found += ["prefix part " + text for text in dns_subdomain(prefix)]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > 63:
        found.append("name part " + max_length(63))
    if not _qualified_part(name):
        found.append("name part " + _QUALIFIED_TEXT)
    return found


def path_segment(value: str) -> list[str]:
    """A name that only has to fit into a URL path."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{one}'" for one in ("/", "%") if one in value]


def config_key(value: str) -> list[str]:
    """A key of configuration data: also a file's name."""
    found = [] if len(value) <= 253 else [max_length(253)]
    if not _config_key(value):
        found.append(_KEY_TEXT)
    if value in (".", ".."):
        found.append(f"must not be '{value}'")
    elif value.startswith(".."):
        found.append("must not start with '..'")
    return found


def port_name(value: str) -> list[str]:
    """A port's name, as service names are at IANA."""
    found = []
    if len(value) > 15:
        found.append("must be no more than 15 characters")
    if not re.fullmatch("[-a-z0-9]+", value):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        found.append("must contain at least one letter (a-z)")
    if "--" in value:
        found.append("must not contain consecutive hyphens")
    if value and (value[0] == "-" or value[-1] == "-"):
        found.append("must not begin or end with a hyphen")
    return found


def env_name(value: str) -> list[str]:
    """An environment variable's name: printable ASCII without ``=``."""
    if not value:
        return ["environment variable name must not be empty"]
    if not re.fullmatch(_ENV_STRICT, value):
        return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    return []


def ip(value: str) -> list[str]:
    """An address of version 4 or 6."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    return []


def cidr(value: str) -> list[str]:
    """A network of version 4 or 6 (bits of the host part may be set)."""
    try:
        ipaddress.ip_interface(value)
        valid = "/" in value
    except ValueError:
        valid = False
    return [] if valid else ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]


FORMATS: dict[str, Check] = {
    "cidr": cidr,
    "configKey": config_key,
    "dnsLabel": dns_label,
    "dnsLabel1035": dns_label_1035,
    "dnsSubdomain": dns_subdomain,
    "envName": env_name,
    "ip": ip,
    "labelValue": label_value,
    "pathSegment": path_segment,
    "portName": port_name,
    "qualifiedName": qualified_name,
}

# What the fast check accepts: regular expressions (Rust's dialect) and greatest lengths, each at least as strict as the
# function of the same name. What they refuse is looked at again by that function, which decides.
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_BYTE}(\.{_BYTE}){{3}}"
PATTERNS: dict[str, tuple[str, int]] = {
    "cidr": (f"^{_IPV4}/(3[0-2]|[12]?[0-9])$", 18),
    "configKey": (r"^\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]{0,251}$", 253),
    "dnsLabel": (f"^{_LABEL}$", 63),
    "dnsLabel1035": (f"^{_LABEL_1035}$", 63),
    "dnsSubdomain": (f"^{_SUBDOMAIN}$", 253),
    "envName": (f"^{_ENV_STRICT}$", 1 << 20),
    "ip": (f"^{_IPV4}$", 15),
    "labelValue": (f"^({_QUALIFIED})?$", 63),
    "pathSegment": ("^[^/%.][^/%]*$", 1 << 20),
    "portName": ("^([a-z0-9]+-)*[a-z0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$", 15),
    "qualifiedName": (f"^({_SUBDOMAIN}/)?([A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9]$", 253),
}

"""The values of expressions, where Python's own do not suffice, and the name of any value's type.

null, bool, int, double, string, bytes, list and map are Python's ``None``, ``bool``, ``int``, ``float``, ``str``,
``bytes``, any ``Sequence`` and any ``Mapping``: JSON objects are used as they are. Here: Uint, Timestamp, Duration,
Optional, Type, and :class:`MixedMap`, the map that Python's dict cannot be (``true`` and ``1`` are different keys).
Quantities, addresses, URLs and versions have modules of their own. Every class names its kind in ``cel_kind``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import NoneType
from typing import Any, ClassVar, Final

INT_MIN: Final = -(1 << 63)
INT_MAX: Final = (1 << 63) - 1
UINT_MAX: Final = (1 << 64) - 1


class _Missing:
    """The type of :data:`MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


class Uint(int):
    """An unsigned 64-bit integer; equal to the int of the same value, but never added to one."""

    __slots__ = ()
    cel_kind: ClassVar[str] = "uint"

    def __repr__(self) -> str:
        return f"{int(self)}u"


class _Nanoseconds:
    """A count of nanoseconds, ordered among its own class only."""

    __slots__ = ("ns",)

    def __init__(self, ns: int) -> None:
        self.ns = ns

    def __eq__(self, other: object) -> bool:
        return other.__class__ is self.__class__ and other.ns == self.ns

    def __hash__(self) -> int:
        return hash((self.__class__, self.ns))

    def __lt__(self, other: Any) -> bool:
        return bool(self.ns < other.ns) if other.__class__ is self.__class__ else NotImplemented

    def __le__(self, other: Any) -> bool:
        return bool(self.ns <= other.ns) if other.__class__ is self.__class__ else NotImplemented

    def __gt__(self, other: Any) -> bool:
        return bool(self.ns > other.ns) if other.__class__ is self.__class__ else NotImplemented

    def __ge__(self, other: Any) -> bool:
        return bool(self.ns >= other.ns) if other.__class__ is self.__class__ else NotImplemented

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.ns})"


class Timestamp(_Nanoseconds):
    """An instant: nanoseconds since 1970-01-01T00:00:00Z."""

    __slots__ = ()
    cel_kind: ClassVar[str] = "timestamp"


class Duration(_Nanoseconds):
    """A signed span of time in nanoseconds."""

    __slots__ = ()
    cel_kind: ClassVar[str] = "duration"


class Type:
    """A type as a value, known by its name.

    >>> type_of(1) == Type("int"), type_of(Type("int"))
    (True, Type('type'))
    """

    __slots__ = ("name",)
    cel_kind: ClassVar[str] = "type"

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return other.__class__ is Type and other.name == self.name

    def __hash__(self) -> int:
        return hash((Type, self.name))

    def __repr__(self) -> str:
        return f"Type({self.name!r})"


class Optional:
    """A value or nothing (:data:`NONE`). Equality is the expression language's, hence in operators.py."""

    __slots__ = ("content",)
    cel_kind: ClassVar[str] = "optional"
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, content: Any) -> None:
        self.content = content

    def get(self, key: Any, default: Any) -> Any:
        """What selecting ``key`` in the content finds, else ``default``: lets fast code treat an optional map as a
        map.
        """
        return default if self.content is MISSING else self.content.get(key, default)

    def __repr__(self) -> str:
        return "optional.none()" if self.content is MISSING else f"optional.of({self.content!r})"


NONE: Final = Optional(MISSING)


class MixedMap(Mapping[Any, Any]):
    """A map with bool and number keys together: ``true`` and ``1`` differ here, though not in a dict.

    >>> m = MixedMap([(True, "a"), (1, "b")])
    >>> m[True], m[1], m[1.0], list(m)
    ('a', 'b', 'b', [True, 1])
    """

    __slots__ = ("_entries",)

    def __init__(self, entries: Iterable[tuple[Any, Any]]) -> None:
        self._entries = {(key.__class__ is bool, key): (key, value) for key, value in entries}

    def __getitem__(self, key: Any) -> Any:
        return self._entries[(key.__class__ is bool, key)][1]

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"MixedMap({list(self.items())!r})"


_KINDS: dict[type, str] = {
    NoneType: "null",
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    tuple: "list",
    dict: "map",
}
_BASES: tuple[tuple[type, str], ...] = (
    (str, "string"),
    (bytes, "bytes"),
    (int, "int"),
    (float, "double"),
    (Mapping, "map"),
    (Sequence, "list"),
)

TYPE_NAMES: Final = {
    "null": "null_type",
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
    "optional": "optional_type",
    "ip": "net.IP",
    "cidr": "net.CIDR",
    "quantity": "kubernetes.Quantity",
    "url": "kubernetes.URL",
    "semver": "kubernetes.Semver",
    "format": "kubernetes.NamedFormat",
}


def kind_of_class(cls: type) -> str:
    """The kind of a Python class's instances; learnt once per class."""
    kind = _KINDS.get(cls)
    if kind is None:
        kind = getattr(cls, "cel_kind", "")
        if not kind:
            kind = next((name for base, name in _BASES if issubclass(cls, base)), cls.__name__)
        _KINDS[cls] = kind
    return kind


def kind_of(value: Any) -> str:
    """The kind of a value: ``null bool int uint double string bytes list map timestamp duration optional type …``.

    >>> [kind_of(v) for v in (None, True, 1, Uint(1), 1.0, "", b"", (), {})]
    ['null', 'bool', 'int', 'uint', 'double', 'string', 'bytes', 'list', 'map']
    """
    cls = value.__class__
    return _KINDS.get(cls) or kind_of_class(cls)


def type_of(value: Any) -> Type:
    """The type of a value, as a value."""
    kind = kind_of(value)
    return Type(TYPE_NAMES.get(kind, kind))

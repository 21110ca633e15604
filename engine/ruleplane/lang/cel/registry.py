"""What a function is: a name, a callable, and the signatures that say which values it takes.

Standard functions are declared by :func:`standard` with one signature per overload; the call that compiled code and
the interpreter make picks the overload by the operands' classes (once per combination of classes) and raises *no such
overload* otherwise. Rule sets add their own :class:`Function` objects (a library's CEL functions), which take
whatever they are given.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ruleplane.lang.cel.source import no_overload
from ruleplane.lang.cel.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.lang.cel.shapes import Shape

    Implementation = TypeVar("Implementation", bound=Callable[..., Any])

_SIGNATURE = re.compile(r"(?:\((?P<receiver>.*?)\)\.)?(?P<name>[\w.@]+)\((?P<params>.*)\) -> (?P<result>.+)")


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature: parameter types (receiver first), result type, in the words of types.py."""

    params: tuple[str, ...]
    result: str
    implementation: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of expressions.

    ``call(*args)`` returns the value or raises CelError; with ``takes_scope`` it gets the scope first, and a
    ``member`` is written ``target.name(args)`` and gets the target before them. ``overloads`` is empty where nothing
    is known of the types. ``signature``: parameters and, last, the result of a function that says its types itself.
    """

    name: str
    call: Callable[..., Any]
    takes_scope: bool = False
    member: bool = False
    overloads: tuple[Overload, ...] = ()
    signature: tuple[Shape, ...] = ()

    @property
    def key(self) -> str:
        """What tables know it by: members start with a dot, so ``ip(x)`` and ``x.ip()`` are two functions."""
        return f".{self.name}" if self.member else self.name


_declared: defaultdict[str, list[Overload]] = defaultdict(list)


def standard(*signatures: str) -> Callable[[Implementation], Implementation]:
    """Declare a Python function as an overload for each signature, such as ``(string).charAt(int) -> string``.

    Types are kinds (see values.py), with ``dyn`` for anything, ``list(T)``, ``map(K, V)``, ``optional(T)`` and
    capital letters for type parameters. ``call`` never sees other kinds, so implementations check nothing.
    """

    def declare(implementation: Implementation) -> Implementation:
        for signature in signatures:
            match = _SIGNATURE.fullmatch(signature)
            if match is None:
                raise ValueError(f"{signature!r} is not a signature")
            receiver = match["receiver"]
            params = (*([receiver] if receiver else []), *split_types(match["params"]))
            key = f".{match['name']}" if receiver else match["name"]
            _declared[key].append(Overload(params, match["result"], implementation))
        return implementation

    return declare


def declared() -> dict[str, Function]:
    """Every function declared so far, by key."""
    return {
        key: Function(key.lstrip("."), dispatcher(key, overloads), member=key[0] == ".", overloads=tuple(overloads))
        for key, overloads in _declared.items()
    }


def split_types(text: str) -> list[str]:
    """The comma-separated types of a parameter list.

    >>> split_types("map(string, T), int")
    ['map(string, T)', 'int']
    """
    parts, level, start = [], 0, 0
    for at, char in enumerate(text):
        level += (char == "(") - (char == ")")
        if char == "," and level == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def _accepted(param: str) -> frozenset[str]:
    """The kinds a parameter takes; empty = any."""
    head = param.partition("(")[0]
    return frozenset() if head == "dyn" or len(head) == 1 else frozenset({head})


def dispatcher(key: str, overloads: list[Overload]) -> Callable[..., Any]:
    """A callable that runs the overload fitting its operands, remembering the choice by their classes."""
    table = [(tuple(map(_accepted, overload.params)), overload.implementation) for overload in overloads]
    chosen: dict[Any, Callable[..., Any]] = {}

    def choose(args: tuple[Any, ...]) -> Callable[..., Any]:
        kinds = tuple(map(kind_of, args))
        for params, implementation in table:
            if len(params) == len(kinds) and all(
                not accepted or kind in accepted for accepted, kind in zip(params, kinds, strict=True)
            ):
                chosen[tuple([arg.__class__ for arg in args])] = implementation
                return implementation
        raise no_overload(key.lstrip("."), *kinds)

    def call(*args: Any) -> Any:
        return (chosen.get(tuple([arg.__class__ for arg in args])) or choose(args))(*args)

    def call1(a: Any) -> Any:
        return (chosen.get((a.__class__,)) or choose((a,)))(a)

    def call2(a: Any, b: Any) -> Any:
        return (chosen.get((a.__class__, b.__class__)) or choose((a, b)))(a, b)

    arities = {len(overload.params) for overload in overloads}
    return call1 if arities == {1} else call2 if arities == {2} else call

"""The syntax tree of an expression: what the parser makes, the compiler and the checker read, rule sets rewrite.

Nodes are immutable. ``pos`` is the offset of the node in its source text (the operator's, for a binary one), so that
errors can show a caret (a :class:`~ruleplane.lang.cel.source.Pos` when made by the parser); equality ignores it.
Operators are calls with the specification's internal names (``_+_``, ``_&&_``, ``!_``, ``@in``, ``_?_:_``, ``_[_]``,
``_[?_]``); member calls have a ``target``. Macros stay whole (:class:`Macro`): the compiler writes a Python loop for
each, which is both faster and more readable in traces than expanded folds.

https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeAlias

from ruleplane.lang.cel.record import record


@record
class Literal:
    """A constant: null, bool, int, Uint, float, str, bytes or a Type (see values.py)."""

    value: Any
    pos: int = 0

    def __eq__(self, other: object) -> bool:
        """Python's ``1 == True == 1.0`` are three different literals."""
        return (
            isinstance(other, Literal) and other.value.__class__ is self.value.__class__ and other.value == self.value
        )

    def __hash__(self) -> int:
        return hash((self.value.__class__, self.value))


@record
class Ident:
    """A name, possibly with a leading dot (``root``)."""

    name: str
    pos: int = dataclasses.field(default=0, compare=False)
    root: bool = False


@record
class Select:
    """``operand.field``; ``operand.?field`` when ``optional``; ``has(operand.field)`` when ``test``."""

    operand: Expr
    field: str
    pos: int = dataclasses.field(default=0, compare=False)
    optional: bool = False
    test: bool = False


@record
class Call:
    """``function(args)``, ``target.function(args)``, or an operator by its internal name."""

    function: str
    args: tuple[Expr, ...]
    target: Expr | None = None
    pos: int = dataclasses.field(default=0, compare=False)


@record
class ListExpr:
    """``[a, ?b]``; ``optional`` holds the indices of the ``?`` elements."""

    elements: tuple[Expr, ...]
    pos: int = dataclasses.field(default=0, compare=False)
    optional: frozenset[int] = frozenset()


@record
class MapExpr:
    """``{k: v, ?k2: opt}``; ``optional`` holds the indices of the ``?`` entries."""

    entries: tuple[tuple[Expr, Expr], ...]
    pos: int = dataclasses.field(default=0, compare=False)
    optional: frozenset[int] = frozenset()


@record
class StructExpr:
    """``Message{field: value}``: only well-known wrapper types mean anything here."""

    name: str
    fields: tuple[tuple[str, Expr], ...]
    pos: int = dataclasses.field(default=0, compare=False)
    optional: frozenset[int] = frozenset()


@record
class Macro:
    """``target.name(vars…, args…)``: all, exists, existsOne, map, filter, sortBy, transformList, transformMap,
    optMap, bind …

    ``variables`` are the names that the macro binds, ``args`` the expressions under them; ``target`` is ``None`` for
    ``cel.bind(x, init, body)`` (named ``bind``), whose ``args`` are ``(init, body)``. Which names exist, with how many
    variables and arguments, stands in macros.py.
    """

    name: str
    target: Expr | None
    variables: tuple[str, ...]
    args: tuple[Expr, ...]
    pos: int = dataclasses.field(default=0, compare=False)


Expr: TypeAlias = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Macro

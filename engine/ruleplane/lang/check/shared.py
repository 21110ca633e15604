"""Shared lists: whether a `keep` and another writer of its list take each other's elements away.

They fight over an element that one of them wants, and that the other calls its own and does not want. What the text
does not tell (an element or predicate that only the run knows) may be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.errors import RuleplaneError
from ruleplane.lang import cel
from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, MapExpr, Select
from ruleplane.lang.cel.walk import conjuncts, free_names, rewrite, substitute
from ruleplane.lang.check.facts import atoms, contradiction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.lang.check.writes import Write

_COMPILER = cel.Compiler(cel.STANDARD)
Elements: TypeAlias = "list[Expr] | None"  # None: only the run tells


def fight(one: Write, other: Write) -> bool | None:
    """True: they do; False: they may; None: they never do. At least one of them is a `keep`."""
    if one.mine is not None and other.mine is not None:
        if one.path != other.path:
            return None if len(one.path) == len(other.path) else False
        return _verdict([*_taken(one, other), *_taken(other, one)])
    keep, write = (one, other) if one.mine is not None else (other, one)
    if len(write.path) > len(keep.path):
        element = _element(write.path[len(keep.path)])
        return _verdict([None if element is None else owned(element, keep)])
    wanted, whole = elements(keep.value), elements(write.value) if write.path == keep.path else None
    if wanted == [] and whole == []:
        return None
    if whole is None:
        return False
    replaced = [element not in whole for element in wanted or ()]  # the write is all of the list
    return _verdict([*replaced, *(_removed(element, keep, None) for element in whole)])


def _verdict(found: Iterable[bool | None]) -> bool | None:
    found = list(found)
    if all(one is False for one in found):
        return None
    return any(found)


def _taken(one: Write, other: Write) -> list[bool | None]:
    """Of each element that one wants, whether the other takes it away."""
    wanted = elements(one.value)
    if wanted is None:
        apart = one.mine is not None and other.mine is not None and _apart(one.mine, other.mine)
        return [False if apart else None]
    return [_removed(element, other, one.mine) for element in wanted]


def _removed(element: Expr, keep: Write, owner: Expr | None) -> bool | None:
    own, kept = owned(element, keep), elements(keep.value)
    if own is False or (kept is not None and element in kept):
        return False
    if own is None and owner is not None and keep.mine is not None and _apart(owner, keep.mine):
        return False
    return True if own and kept is not None else None


def _apart(one: Expr, other: Expr) -> bool:
    return contradiction(atoms([one]), atoms([other]))


def owned(element: Expr, keep: Write) -> bool | None:
    """Whether an element is among those that are mine."""
    assert keep.mine is not None
    return truth(substitute(keep.mine, {"it": element}))


def truth(condition: Expr) -> bool | None:
    """What a condition comes to, where its text tells it."""
    unknown = False
    for term in conjuncts(condition):
        known = _known(rewrite(term, _folded))
        if known is False:
            return False
        unknown = unknown or known is None
    return None if unknown else True


def _known(term: Expr) -> bool | None:
    if isinstance(term, Call) and term.function == "_==_" and term.args[0] == term.args[1]:
        return True
    if free_names(term):
        return None
    try:
        found: Any = _COMPILER.interpret(term, None, ())
    except RuleplaneError:  # it fails on this element, or calls what is not CEL's own
        return None
    return found if isinstance(found, bool) else None


def _folded(expr: Expr) -> Expr:
    """``{'a': x}.a`` as ``x``."""
    if isinstance(expr, Select) and not expr.optional and isinstance(expr.operand, MapExpr):
        found = [value for key, value in expr.operand.entries if isinstance(key, Literal) and key.value == expr.field]
        if found:
            return Literal(True) if expr.test else found[0]
        return Ident("@unknown")  # of an element of which only the keys are known
    return expr


def elements(value: Expr) -> Elements:
    """The elements that a list may have."""
    match value:
        case ListExpr(elements=found):
            return [_plain(element) for element in found]
        case Literal(value=None):
            return []
        case Call(function="@json" | "@optional", args=(inner,)):
            return elements(inner)
        case Call(function="_?_:_", args=(_, yes, no)):
            one, other = elements(yes), elements(no)
            return None if one is None or other is None else [*one, *other]
    return None


def _plain(element: Expr) -> Expr:
    while isinstance(element, Call) and element.function == "@json":
        element = element.args[0]
    return element


def _element(part: str) -> Expr | None:
    """``[type=Ready]`` as ``{'type': 'Ready'}``; None where numbers cannot be told from texts."""
    pairs = [pair.partition("=") for pair in part.strip("[]").split(",")]
    if not all(key and equals and not value.isdigit() for key, equals, value in pairs):
        return None
    return MapExpr(tuple((Literal(key), Literal(value)) for key, _, value in pairs))

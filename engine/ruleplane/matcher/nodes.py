"""Steps kept by delta: a filter, sum, min, max, tally, exists or all over a bucket, told of each change of one element.

    bucket {a, b, c} -> filter(p, ready(p)) {a, c} -> size 2
    b becomes ready: one call of ready(b), then {a, b, c}; nothing is listed again
    c is scheduled, which ready(c) does not read: no call at all

An element whose body raises is remembered with its error: reading the node raises it, as evaluating the list would
have.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from ruleplane.errors import EvaluationError
from ruleplane.matcher.changes import differs
from ruleplane.matcher.members import Members

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.lang.delta import Derived

KEPT = 16  # dependency values remembered per step and bucket: primaries that share a bucket


class Parent(Members):
    """A collection that steps can be kept over."""

    __slots__ = ("children",)

    def __init__(self) -> None:
        super().__init__()
        self.children: dict[Derived, dict[Any, Node]] | None = None

    def node(self, spec: Derived, args: tuple[Any, ...]) -> Node:
        """The step ``spec`` with dependencies taken from ``args``, made on first use."""
        children = self.children
        if children is None:
            children = self.children = {}
        nodes = children.get(spec)
        if nodes is None:
            nodes = children[spec] = {}
        if not spec.dep_names:
            node = nodes.get(None)
            if node is None:
                node = nodes[None] = make(spec, self, (), None)
            return node
        deps = args[spec.at : spec.at + len(spec.dep_names)]
        for node in nodes.values():
            if node.deps == deps or node.projected == project(spec, deps):
                node.deps = deps
                return node
        if len(nodes) >= KEPT:
            del nodes[next(iter(nodes))]
        node = make(spec, self, deps, project(spec, deps))
        nodes[id(node)] = node
        return node

    def tell(self, key: str, new: Any, old: Any) -> None:
        """Element ``key`` is now ``new`` (None: gone), and was ``old`` (None: not there)."""
        children = self.children
        if children:
            for spec, nodes in children.items():
                same = old is not None and new is not None and not differs(old, new, spec.reads)
                for node in nodes.values():
                    if same:
                        node.keep(key, new)
                    else:
                        node.update(key, new)


def project(spec: Derived, deps: tuple[Any, ...]) -> list[Any]:
    """What of the dependencies the body reads."""
    out: list[Any] = []
    for value, paths in zip(deps, spec.projections, strict=True):
        if paths is None:
            out.append(value)
            continue
        for path in paths:
            found: Any = value
            for name in path:
                found = found.get(name) if found.__class__ is dict else None
            out.append(found)
    return out


class Node(Parent):
    """One step; ``items`` are the elements it yields (filter), or the values it sums up."""

    __slots__ = ("deps", "errors", "fn", "projected")

    def __init__(self, fn: Callable[..., Any], deps: tuple[Any, ...], projected: list[Any] | None) -> None:
        super().__init__()
        self.fn = fn
        self.deps = deps
        self.projected = projected
        self.errors: dict[str, EvaluationError] | None = None

    @abstractmethod
    def update(self, key: str, new: Any) -> None:
        """Element ``key`` of what this runs over is now ``new`` (None: gone)."""

    def keep(self, key: str, new: Any) -> None:
        """Element ``key`` is another object now, in which nothing that the body reads is different."""

    @abstractmethod
    def value(self) -> Any:
        """What the expression sees. Raises EvaluationError where an element's body did."""

    def judge(self, key: str, new: Any) -> Any:
        """The body's value for an element; None (and remembered) where it raises, or where the element is gone."""
        errors = self.errors
        if errors is not None:
            errors.pop(key, None)
            if not errors:
                self.errors = None
        if new is None:
            return None
        try:
            return self.fn(None, new, *self.deps)
        except EvaluationError as error:
            if self.errors is None:
                self.errors = {}
            self.errors[key] = error
            return None

    def check(self) -> None:
        """Raise the error of the first element that has one."""
        if self.errors is not None:
            raise self.errors[min(self.errors)]


class Filter(Node):
    """Elements for which the body is true."""

    __slots__ = ()

    def update(self, key: str, new: Any) -> None:
        """Judge one element again."""
        verdict = self.judge(key, new)
        if verdict is not None and verdict is not True and verdict is not False:
            self.errors = self.errors or {}
            self.errors[key] = EvaluationError(f"a filter's condition is true or false, not {verdict!r}")
        items = self.items
        if verdict is True:
            self._put(key, new)
        elif key in items:
            old = items.pop(key)
            self._sorted = None
            self.tell(key, None, old)

    def keep(self, key: str, new: Any) -> None:
        """The verdict stands."""
        if key in self.items:
            self._put(key, new)

    def _put(self, key: str, new: Any) -> None:
        old = self.items.get(key)
        self.items[key] = new
        self._sorted = None
        self.tell(key, new, old)

    def value(self) -> Any:
        """The elements, as a list."""
        self.check()
        return self


class Exists(Filter):
    """Whether the body is true for some element (an error elsewhere is absorbed)."""

    __slots__ = ()

    def value(self) -> Any:
        """True if some element satisfies."""
        if self.items:
            return True
        self.check()
        return False


class All(Node):
    """Whether the body is true for every element: ``items`` are those for which it is false."""

    __slots__ = ()

    def update(self, key: str, new: Any) -> None:
        """Judge one element again."""
        if self.judge(key, new) is False:
            self.items[key] = new
        else:
            self.items.pop(key, None)

    def keep(self, key: str, new: Any) -> None:
        """The verdict stands."""
        if key in self.items:
            self.items[key] = new

    def value(self) -> Any:
        """False if some element fails."""
        if self.items:
            return False
        self.check()
        return True


class Sum(Node):
    """The total of the body's values; 0 for no elements."""

    __slots__ = ("total",)

    def __init__(self, fn: Callable[..., Any], deps: tuple[Any, ...], projected: list[Any] | None) -> None:
        super().__init__(fn, deps, projected)
        self.total: Any = 0

    def update(self, key: str, new: Any) -> None:
        """Take the old value of one element off, and its new one in."""
        items = self.items
        old = items.pop(key, None)
        value = self.judge(key, new)
        if value is not None:
            items[key] = value
        if isinstance(self.total, float) or isinstance(old, float):
            self.total = _add_all(items)  # floats lose by adding and taking off
            return
        if old is not None:
            self.total = self.total - old if items or value is not None else 0
        if value is not None:
            self.total = value if len(items) == 1 else self.total + value

    def value(self) -> Any:
        """The total."""
        self.check()
        return self.total


def _add_all(items: dict[str, Any]) -> Any:
    total: Any = 0
    for index, key in enumerate(sorted(items)):
        total = items[key] if index == 0 else total + items[key]
    return total


class Tally(Node):
    """Maps summed key by key."""

    __slots__ = ("counts", "totals")

    def __init__(self, fn: Callable[..., Any], deps: tuple[Any, ...], projected: list[Any] | None) -> None:
        super().__init__(fn, deps, projected)
        self.totals: dict[Any, Any] = {}
        self.counts: dict[Any, int] = {}  # elements that have the key: it goes with the last of them

    def update(self, key: str, new: Any) -> None:
        """Take the old map of one element off, and its new one in."""
        old = self.items.pop(key, None)
        value = self.judge(key, new)
        if old is None and value is None:
            return
        totals, counts = dict(self.totals), self.counts  # a reader may hold the old one
        for name, amount in (old or {}).items():
            counts[name] -= 1
            if counts[name]:
                totals[name] = totals[name] - amount
            else:
                del totals[name], counts[name]
        if value is not None:
            self.items[key] = value
            for name, amount in value.items():
                counts[name] = counts.get(name, 0) + 1
                totals[name] = totals[name] + amount if name in totals else amount
        self.totals = totals

    def value(self) -> Any:
        """The totals by key."""
        self.check()
        return self.totals


class Extreme(Node):
    """The least or greatest value of the body."""

    __slots__ = ("best",)
    pick: ClassVar[Callable[..., Any]]

    def __init__(self, fn: Callable[..., Any], deps: tuple[Any, ...], projected: list[Any] | None) -> None:
        super().__init__(fn, deps, projected)
        self.best: Any = None

    def update(self, key: str, new: Any) -> None:
        """One element's value; the best is looked for again only when it was this one."""
        old = self.items.pop(key, None)
        value = self.judge(key, new)
        if value is not None:
            self.items[key] = value
        if old is not None and old == self.best:
            self.best = self.pick(self.items.values()) if self.items else None
        elif value is not None:
            self.best = value if self.best is None else self.pick(self.best, value)

    def value(self) -> Any:
        """The best value. Raises EvaluationError for no elements."""
        self.check()
        if self.best is None:
            raise EvaluationError("min() or max() of no elements")
        return self.best


class Least(Extreme):
    """The least value."""

    __slots__ = ()
    pick = staticmethod(min)


class Greatest(Extreme):
    """The greatest value."""

    __slots__ = ()
    pick = staticmethod(max)


_MAKE: dict[str, type[Node]] = {
    "filter": Filter,
    "exists": Exists,
    "all": All,
    "sum": Sum,
    "tally": Tally,
    "min": Least,
    "max": Greatest,
}


def make(spec: Derived, over: Parent, deps: tuple[Any, ...], projected: list[Any] | None) -> Node:
    """A step over what ``over`` holds now."""
    assert spec.fn is not None, spec  # the loader compiles every step
    node = _MAKE[spec.op](spec.fn, deps, projected)
    for key in sorted(over.items):
        node.update(key, over.items[key])
    return node


def combine(op: str, values: list[Any]) -> Any:
    """The value over several buckets from the value over each.

    >>> combine("sum", [1, 2])
    3
    """
    if op == "exists":
        return any(values)
    if op == "all":
        return all(values)
    if op in ("min", "max"):
        return min(values) if op == "min" else max(values)
    if op == "tally":
        totals: dict[Any, Any] = {}
        for value in values:
            for name, amount in value.items():
                totals[name] = totals[name] + amount if name in totals else amount
        return totals
    filled = [value for value in values if value.__class__ is not int or value]
    total: Any = 0
    for index, value in enumerate(filled):
        total = value if index == 0 else total + value
    return total

"""The static conditions of one kind: which of them an object meets.

What clauses can say of a condition is decided by durable-rules, all conditions of the kind at one question; the rest in
CEL. The answer for the latest object is remembered, for every index and program asks of it in turn. Conditions come
and go with the rule sets that declare them: the matcher of this kind alone is then built again, at the next question.
Called by the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.errors import EvaluationError
from ruleplane.matcher.build import build_matcher
from ruleplane.matcher.closures import getter, verdict_of
from ruleplane.matcher.static import split

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.lang.cel import Compiler
    from ruleplane.lang.cel.ast import Expr
    from ruleplane.matcher.build import Matcher
    from ruleplane.matcher.clause import Clause

    Test: TypeAlias = "Callable[[dict[str, Any]], bool]"


_ANSWERS = 1_000  # sets of names that are kept, since most objects of a kind meet the same


class Conditions:
    """Named conditions on objects of kind ``ref``."""

    def __init__(self, ref: str, engine: str = "auto") -> None:
        self._ref, self._engine = ref, engine
        self._clauses: dict[str, Clause] = {}
        self._residuals: dict[str, Test] = {}
        self._matcher: Matcher | None = None
        self._latest: tuple[Any, frozenset[str]] = (None, frozenset())
        self._answers: dict[tuple[str, ...], frozenset[str]] = {}  # of the matcher, without residuals

    def __len__(self) -> int:
        return len(self._clauses)

    def add(self, name: str, condition: Expr, variable: str, compiler: Compiler) -> Test:
        """One more condition, over ``variable``; a test of whether an object meets it."""
        static = split(condition, variable)
        if static.residual is not None:
            rest = compiler.compile(static.residual, (), (variable,))
            self._residuals[name] = lambda obj: _holds(rest, obj)
        self._clauses[name] = static.clause
        self.close()  # built again, with this clause, at the next question

        def test(obj: dict[str, Any]) -> bool:
            return name in self._met(obj)

        return test

    def remove(self, name: str) -> None:
        """Nobody asks for this one any more; unknown is no error."""
        if self._clauses.pop(name, None) is not None:
            self._residuals.pop(name, None)
            self.close()

    def fast(self, name: str) -> Test:
        """A test of this condition alone, for many objects at once: what all other conditions say is not asked."""
        verdict, residual = verdict_of(self._clauses[name]), self._residuals.get(name)

        def test(obj: dict[str, Any]) -> bool:
            return verdict(getter(obj)) is True and (residual is None or residual(obj))

        return test

    def close(self) -> None:
        """Give back what the matcher holds; the next question builds it again."""
        self._latest = (None, frozenset())
        self._answers.clear()
        if self._matcher is not None:
            self._matcher.close()
            self._matcher = None

    def _met(self, obj: dict[str, Any]) -> frozenset[str]:
        known, names = self._latest
        if known is obj:
            return names
        if self._matcher is None:
            self._matcher = build_matcher({self._ref: self._clauses}, engine=self._engine)  # type: ignore[arg-type]
        met = self._matcher.match(self._ref, getter(obj))
        residuals = self._residuals
        if residuals:
            names = frozenset([name for name in met if name not in residuals or residuals[name](obj)])
        else:
            names = self._set_of(met)
        self._latest = (obj, names)
        return names

    def _set_of(self, met: tuple[str, ...]) -> frozenset[str]:
        found = self._answers.get(met)
        if found is None:
            if len(self._answers) >= _ANSWERS:
                self._answers.clear()
            found = self._answers[met] = frozenset(met)
        return found


def _holds(rest: Callable[..., Any], obj: dict[str, Any]) -> bool:
    try:
        return rest(None, obj) is True
    except EvaluationError:
        return False  # a condition that cannot be evaluated on an object does not hold for it

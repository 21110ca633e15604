"""What durable-rules gets to see of an object: for each thing that clauses ask, one small integer under an alias.

durable-rules takes ``5`` for ``"5"`` and ``1`` for ``true``, carries no long strings, integers past int64 or
``1e-7``, and finds fields by a hash of their names that collides. None of it matters to ``{"f0": 3, "f1": 0}``: a
value is replaced by the number of the literal that it equals, or by its place among the literals that it is ordered
by, exactly and per type. A question that is an error on this object has no field, and no condition is true of an
absent field.

Not the matching itself: conditions are built here (:meth:`Projection.condition`) and decided in :mod:`.durable`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, TypeAlias

from ruleplane.matcher.clause import MISSING, And, Clause, Compare, Contains, Get, Has, In, Not, Or, Path, Scalar
from ruleplane.matcher.closures import contains, equality, present

Condition: TypeAlias = dict[str, Any]
"""A durable-rules expression on a message."""

Encode: TypeAlias = Callable[[Any, Get], str]
"""From a field's value (and the object, to look around) to the text to send: ``,"f0":3``, or nothing."""

_OPERATORS = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_OTHER = 0  # the token of every value that equals none of the literals


class Projection:
    """The fields that a set of normalised clauses asks for, numbered in order of first mention."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        self._questions: dict[Any, _Question] = {}
        for clause in clauses:
            self._collect(clause)
        for question in self._questions.values():
            question.settle()
        by_path: dict[Path, list[_Question]] = {}
        for question in self._questions.values():
            by_path.setdefault(question.path, []).append(question)
        self._plan = [(path, [each.encoder() for each in asked]) for path, asked in by_path.items()]
        self.order = [each.number for asked in by_path.values() for each in asked]
        """The number of the question that each fragment answers."""

    def fragments(self, get: Get) -> list[str]:
        """The object at hand, as pieces of a JSON message: one per question, empty where it has no answer."""
        pieces: list[str] = []
        for path, encoders in self._plan:
            value = get(path)
            for encode in encoders:
                pieces.append(encode(value, get))  # noqa: PERF401 (a nested comprehension is slower)
        return pieces

    def condition(self, clause: Clause) -> Condition:
        """The durable-rules condition that is true of exactly the messages of objects that ``clause`` matches."""
        match clause:
            case And(parts):
                return {"$and": [self.condition(part) for part in parts]}
            case Or(parts):
                return {"$or": [self.condition(part) for part in parts]}
            case _:
                return self._questions[_key(clause)].condition(clause)

    def numbers(self, clause: Clause) -> frozenset[int]:
        """Which questions a clause asks."""
        if isinstance(clause, And | Or):
            return frozenset().union(*map(self.numbers, clause.parts))
        return frozenset((self._questions[_key(clause)].number,))

    def _collect(self, clause: Clause) -> None:
        if isinstance(clause, And | Or):
            for part in clause.parts:
                self._collect(part)
            return
        key = _key(clause)
        question = self._questions.get(key)
        if question is None:
            question = self._questions[key] = key[0](len(self._questions), clause)
        question.add(clause)


class _Question:
    """One field of the message; subclasses say which. Made once per key, told every leaf that asks it, then settled."""

    def __init__(self, number: int, clause: Any) -> None:
        self.number = number
        self.alias = f"f{number}"
        self.path: Path = _positive(clause).path

    def add(self, clause: Any) -> None:
        """Another leaf asks this question."""

    def settle(self) -> None:
        """All leaves have asked."""

    def condition(self, clause: Any) -> Condition:
        """Yes-or-no questions: 1 for yes, 0 for no."""
        return {self.alias: 0 if isinstance(clause, Not) else 1}

    def encoder(self) -> Encode:
        """The function that answers this question of an object."""
        raise NotImplementedError

    def text(self, token: int) -> str:
        """The piece of message that says ``token``."""
        return f',"{self.alias}":{token}'


class _Equality(_Question):
    """Which of the literals does the field equal?"""

    def settle(self) -> None:
        self.texts = {literal: self.text(token) for literal, token in self.tokens.items()}

    def __init__(self, number: int, clause: Compare) -> None:
        super().__init__(number, clause)
        self.tokens: dict[tuple[str, Scalar], int] = {}

    def add(self, clause: Compare) -> None:
        self.tokens.setdefault(_literal(clause.value), len(self.tokens) + 1)

    def condition(self, clause: Compare) -> Condition:
        token = {self.alias: self.tokens[_literal(clause.value)]}
        return token if clause.op == "==" else {"$neq": token}

    def encoder(self) -> Encode:
        texts, other = self.texts, self.text(_OTHER)
        strings = {literal: text for (tag, literal), text in texts.items() if tag == "string"}

        def encode(value: Any, _get: Get) -> str:
            if value is MISSING:
                return ""
            if type(value) is str:
                return strings.get(value, other)
            if value is None or isinstance(value, bool | int | float | str):
                return texts.get(_literal(value), other)
            return other  # a list or a map

        return encode


class _Order(_Question):
    """Where does the field lie among the literals of one type? Odd: at the literal; even: between two."""

    def __init__(self, number: int, clause: Compare) -> None:
        super().__init__(number, clause)
        self.tag = _literal(clause.value)[0]
        self.bounds: list[Any] = []

    def add(self, clause: Compare) -> None:
        if clause.value not in self.bounds:
            self.bounds.append(clause.value)

    def settle(self) -> None:
        self.bounds.sort()

    def condition(self, clause: Compare) -> Condition:
        return {_OPERATORS[clause.op]: {self.alias: 2 * self.bounds.index(clause.value) + 1}}

    def encoder(self) -> Encode:
        tag, bounds = self.tag, self.bounds
        texts = [self.text(place) for place in range(2 * len(bounds) + 1)]
        types: Any = {"string": str, "boolean": bool, "number": (int, float)}[tag]

        def encode(value: Any, _get: Get) -> str:
            if not isinstance(value, types) or isinstance(value, bool) is not (tag == "boolean"):
                return ""
            place = bisect_left(bounds, value)
            at = place < len(bounds) and bounds[place] == value
            return texts[2 * place + at]

        return encode


class _Presence(_Question):
    """Is the field there?"""

    def encoder(self) -> Encode:
        return _yes_or_no(self, lambda value, get: present(get, self.path, self.firm, value))

    def __init__(self, number: int, clause: Clause) -> None:
        super().__init__(number, clause)
        has = _positive(clause)
        assert isinstance(has, Has)
        self.firm = has.firm


class _Membership(_Question):
    """Does the field equal one of these literals?"""

    def __init__(self, number: int, clause: Clause) -> None:
        super().__init__(number, clause)
        one_of = _positive(clause)
        assert isinstance(one_of, In)
        self.tests = [equality(value) for value in one_of.values]

    def encoder(self) -> Encode:
        tests = self.tests
        return _yes_or_no(self, lambda value, _: None if value is MISSING else any(test(value) for test in tests))


class _Containment(_Question):
    """Is this literal an element of the list, or a key of the map?"""

    def __init__(self, number: int, clause: Clause) -> None:
        super().__init__(number, clause)
        holds = _positive(clause)
        assert isinstance(holds, Contains)
        self.equal = equality(holds.value)

    def encoder(self) -> Encode:
        equal = self.equal
        return _yes_or_no(self, lambda value, _: contains(value, equal))


def picker(positions: list[int]) -> Callable[[list[str]], Iterable[str]]:
    """A function that picks the fragments at these positions."""
    if len(positions) == 1:
        position = positions[0]
        return lambda fragments: (fragments[position],)
    return itemgetter(*positions)


def alternatives(clause: Clause) -> int:
    """How many conjunctions of leaves a normalised clause is the disjunction of, as durable-rules expands it."""
    if isinstance(clause, And):
        product = 1
        for part in clause.parts:
            product *= alternatives(part)
        return product
    if isinstance(clause, Or):
        return sum(map(alternatives, clause.parts))
    return 1


def _yes_or_no(question: _Question, verdict: Callable[[Any, Get], bool | None]) -> Encode:
    texts = {True: question.text(1), False: question.text(0), None: ""}
    return lambda value, get: texts[verdict(value, get)]


def _positive(clause: Clause) -> Compare | Has | In | Contains:
    leaf = clause.part if isinstance(clause, Not) else clause
    assert isinstance(leaf, Compare | Has | In | Contains), f"not normalised: {clause}"
    return leaf


def _key(clause: Clause) -> tuple[Any, ...]:
    """What makes two leaves ask the same question; its first element is the class of the question."""
    leaf = _positive(clause)
    match leaf:
        case Compare(path, "==" | "!="):
            return _Equality, path
        case Compare(path, _, value):
            return _Order, path, _literal(value)[0]
        case Has(path, firm):
            return _Presence, path, firm
        case In(path, values):
            return _Membership, path, frozenset(map(_literal, values))
        case Contains(path, value):
            return _Containment, path, _literal(value)


def _literal(value: Scalar) -> tuple[str, Scalar]:
    """A key that is equal exactly where CEL says that the values are: 1 is 1.0, and not true."""
    if value is None:
        return "null", None
    if isinstance(value, bool):
        return "boolean", value
    return ("string" if isinstance(value, str) else "number"), value

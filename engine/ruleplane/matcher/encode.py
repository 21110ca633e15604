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

from ruleplane.matcher.clause import (
    EVENT_PATH,
    MISSING,
    And,
    Clause,
    Compare,
    Contains,
    Get,
    Has,
    In,
    Not,
    Or,
    Path,
    Scalar,
)
from ruleplane.matcher.closures import Getter, contains, equality, present

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
        self.fragments: Callable[[Get], tuple[str, ...]] = _compiled(list(self._questions.values()))
        """The object at hand as pieces of a JSON message: one per question, in order, empty where it has no answer."""

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

    shortcut = "'' if {v} is MISSING else {encode}({v}, get)"
    """The expression that answers for the value ``{v}``: ``{encode}``, spared where the answer is plain. Also known are
    the ``names`` of the question, each followed by its number, and the value ``{second}`` at the path ``beside``."""

    def __init__(self, number: int, clause: Any) -> None:
        self.number = number
        self.alias = f"f{number}"
        self.path: Path = _positive(clause).path
        self.names: dict[str, Any] = {}
        self.beside: Path | None = None

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

    shortcut = "{strings}({v}, {other}) if {v}.__class__ is str else '' if {v} is MISSING else {encode}({v}, get)"

    def __init__(self, number: int, clause: Compare) -> None:
        super().__init__(number, clause)
        self.tokens: dict[tuple[str, Scalar], int] = {}

    def add(self, clause: Compare) -> None:
        self.tokens.setdefault(_literal(clause.value), len(self.tokens) + 1)

    def settle(self) -> None:
        self.texts = {literal: self.text(token) for literal, token in self.tokens.items()}
        strings = {literal: text for (tag, literal), text in self.texts.items() if tag == "string"}
        self.names = {"strings": strings.get, "other": self.text(_OTHER)}

    def condition(self, clause: Compare) -> Condition:
        token = {self.alias: self.tokens[_literal(clause.value)]}
        return token if clause.op == "==" else {"$neq": token}

    def encoder(self) -> Encode:
        texts, other = self.texts, self.text(_OTHER)

        def encode(value: Any, _get: Get) -> str:
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

    # nearly always only the last name is absent
    shortcut = "{yes} if {v} is not MISSING else {no} if {second}.__class__ is dict else {encode}({v}, get)"

    def __init__(self, number: int, clause: Clause) -> None:
        super().__init__(number, clause)
        has = _positive(clause)
        assert isinstance(has, Has)
        self.firm = has.firm
        self.names = {"yes": self.text(1), "no": self.text(0)}
        if len(self.path) > 1:
            self.beside = self.path[:-1]
        else:
            self.shortcut = "{yes} if {v} is not MISSING else {no}"

    def encoder(self) -> Encode:
        path, firm, no = self.path, self.firm, self.text(0)

        def encode(value: Any, get: Get) -> str:
            return no if present(get, path, firm, value) is False else ""

        return encode


class _Membership(_Question):
    """Does the field equal one of these literals?"""

    def __init__(self, number: int, clause: Clause) -> None:
        super().__init__(number, clause)
        one_of = _positive(clause)
        assert isinstance(one_of, In)
        self.tests = [equality(value) for value in one_of.values]

    def encoder(self) -> Encode:
        tests = self.tests
        return _yes_or_no(self, lambda value: any(test(value) for test in tests))


class _Containment(_Question):
    """Is this literal an element of the list, or a key of the map?"""

    def __init__(self, number: int, clause: Clause) -> None:
        super().__init__(number, clause)
        holds = _positive(clause)
        assert isinstance(holds, Contains)
        self.equal = equality(holds.value)

    def encoder(self) -> Encode:
        equal = self.equal
        return _yes_or_no(self, lambda value: contains(value, equal))


def picker(positions: list[int]) -> Callable[[tuple[str, ...]], Iterable[str]]:
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


def _yes_or_no(question: _Question, verdict: Callable[[Any], bool | None]) -> Encode:
    texts = {True: question.text(1), False: question.text(0), None: ""}
    return lambda value, _: texts[verdict(value)]


def _compiled(questions: list[_Question]) -> Callable[[Get], tuple[str, ...]]:
    """One Python function that reads every field once and answers every question, twice as fast as a loop.

    The object of a :class:`Getter` is walked without calling it, each common prefix once.
    """
    scope: dict[str, Any] = {"Getter": Getter, "MISSING": MISSING}
    places: dict[Path, str] = {(): "obj"}
    reads, walks, answers = [], [], []
    for question in questions:
        number, path = question.number, question.path
        for depth in range(1, len(path) + 1):
            prefix = path[:depth]
            if prefix not in places:
                places[prefix] = f"v{len(places)}"
                walk = "get.event" if prefix == EVENT_PATH else f"{places[prefix[:-1]]}.get({prefix[-1]!r}, MISSING)"
                walks.append(f"{places[prefix]} = {walk}")
        reads.append(f"{places[path]} = get(path{number})")
        if question.beside is not None:
            reads.append(f"{places[question.beside]} = get(beside{number})")
            scope[f"beside{number}"] = question.beside
        names = {"encode": question.encoder(), **question.names}
        scope |= {f"{name}{number}": value for name, value in names.items()} | {f"path{number}": path}
        second = places[question.beside] if question.beside is not None else ""
        answers.append(
            question.shortcut.format(v=places[path], second=second, **{name: f"{name}{number}" for name in names})
        )
    source = _SOURCE.format(
        walks="".join(f"\n            {walk}" for walk in walks),
        reads="".join(f"\n        {read}" for read in reads),
        answers="".join(f"\n        {answer}," for answer in answers),
    )
    exec(compile(source, "<projection>", "exec"), scope)
    return scope["fragments"]  # type: ignore[no-any-return]


_SOURCE = """
def fragments(get):
    walked = False
    if get.__class__ is Getter:
        obj = get.obj
        try:{walks}
            walked = True
        except AttributeError:
            pass  # a scalar or a list on the way: get knows what to do
    if not walked:
        pass{reads}
    return ({answers}
    )
"""


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

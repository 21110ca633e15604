"""Selectors: which objects a list, a watch or a controller means.

Three spellings become one thing, a predicate that is compiled once and called often: the label selector of a query
(``app in (a,b),!legacy,tier!=web``), the field selector of a query (``spec.nodeName=node-1``) and
``metav1.LabelSelector`` objects. Which fields a kind can be selected by is data (``rules/apiserver/strategies.yaml``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ruleplane.api.strategies import Selectable

    Labels: TypeAlias = Mapping[str, str]
    LabelTest: TypeAlias = Callable[[Labels], bool]

_NO_LABELS: dict[str, str] = {}
_WORD = re.compile(r"\s*(?P<word>[^\s,()=!<>]+)|\s*(?P<op>==|!=|=|!|<|>|,|\(|\))")
_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


# --- label selectors as text ----------------------------------------------------------------------------------------


class Requirement:
    """One clause of a label selector: a key, an operator (``In``, ``NotIn``, ``Exists``, ``DoesNotExist``, ``Gt``,
    ``Lt``) and its values."""

    __slots__ = ("key", "operator", "values")

    def __init__(self, key: str, operator: str, values: Iterable[str] = ()) -> None:
        self.key, self.operator, self.values = key, operator, frozenset(values)

    def test(self, labels: Labels) -> bool:
        """Whether these labels meet the clause."""
        value = labels.get(self.key)
        operator = self.operator
        if operator == "In":
            return value in self.values
        if operator == "NotIn":
            return value not in self.values
        if operator == "Exists":
            return value is not None
        if operator == "DoesNotExist":
            return value is None
        return value is not None and _compare(value, operator, next(iter(self.values)))

    def __str__(self) -> str:
        values = ",".join(sorted(self.values))
        match self.operator:
            case "In":
                return f"{self.key}={values}" if len(self.values) == 1 else f"{self.key} in ({values})"
            case "NotIn":
                return f"{self.key}!={values}" if len(self.values) == 1 else f"{self.key} notin ({values})"
            case "Exists":
                return self.key
            case "DoesNotExist":
                return f"!{self.key}"
        return f"{self.key}{'>' if self.operator == 'Gt' else '<'}{values}"


def _compare(value: str, operator: str, bound: str) -> bool:
    try:
        number = int(value)
    except ValueError:
        return False
    return number > int(bound) if operator == "Gt" else number < int(bound)


def label_requirements(text: str) -> list[Requirement]:
    """The clauses of a query's ``labelSelector``.

    >>> [str(clause) for clause in label_requirements("app in (b, a), !legacy, tier!=web, zone")]
    ['app in (a,b)', '!legacy', 'tier!=web', 'zone']

    Raises:
        BadRequest: it is no label selector, as Kubernetes words it.
    """
    return _LabelParser(text).parse()


class _LabelParser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            match = _WORD.match(text, at)
            if match is None:
                raise self.error(f"found '{text[at]}', expected: identifier")
            self.tokens.append(match["word"] or match["op"])
            at = match.end()
        self.at = 0

    def error(self, what: str) -> BadRequest:
        return BadRequest(f"unable to parse requirement: {what}")

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def parse(self) -> list[Requirement]:
        clauses: list[Requirement] = []
        while self.peek():
            clauses.append(self.clause())
            token = self.take()
            if token == "":
                break
            if token != ",":
                raise self.error(f"found '{token}', expected: ',' or 'end of string'")
            if not self.peek():
                raise self.error("found '', expected: identifier after ','")
        return clauses

    def clause(self) -> Requirement:
        token = self.take()
        if token == "!":
            return Requirement(self.key(self.take()), "DoesNotExist")
        key = self.key(token)
        operator = self.peek()
        if operator in ("", ","):
            return Requirement(key, "Exists")
        self.take()
        if operator in ("=", "=="):
            return Requirement(key, "In", [self.value()])
        if operator == "!=":
            return Requirement(key, "NotIn", [self.value()])
        if operator in ("in", "notin"):
            return Requirement(key, "In" if operator == "in" else "NotIn", self.values())
        if operator in (">", "<"):
            bound = self.value()
            if not bound.lstrip("-").isdigit():
                raise self.error(
                    f"values[0][{key}]: Invalid value: {quoted(bound)}: "
                    "for 'Gt', 'Lt' operators, the value must be an integer"
                )
            return Requirement(key, "Gt" if operator == ">" else "Lt", [bound])
        raise self.error(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")

    def key(self, token: str) -> str:
        if not token or token in "(),=!<>" or token in ("==", "!="):
            raise self.error(f"found '{token}', expected: !, identifier, or 'end of string'")
        if not is_qualified_name(token):
            raise self.error(
                f"<nil>: Invalid value: {quoted(token)}: name part must consist of alphanumeric characters, "
                "'-', '_' or '.', and must start and end with an alphanumeric character "
                "(e.g. 'MyName',  or 'my.name',  or '123-abc', "
                "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            )
        return token

    def value(self) -> str:
        token = self.peek()
        if token in ("", ","):
            return ""
        if token in "()=!<>" or token in ("==", "!="):
            raise self.error(f"found '{token}', expected: identifier")
        self.take()
        return self.checked(token)

    def values(self) -> list[str]:
        if self.take() != "(":
            raise self.error(f"found '{self.tokens[self.at - 1] if self.at <= len(self.tokens) else ''}' expected: '('")
        values: list[str] = []
        while True:
            values.append(self.value() if self.peek() != ")" else "")
            token = self.take()
            if token == ")":
                return values
            if token != ",":
                raise self.error(f"found '{token}', expected: ',' or ')'")

    def checked(self, value: str) -> str:
        if len(value) > 63 or not _NAME.fullmatch(value):
            raise self.error(
                f"values[0]: Invalid value: {quoted(value)}: a valid label must be an empty string or consist of "
                "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                "(e.g. 'MyValue',  or 'my_value',  or '12345', "
                "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            )
        return value


def is_qualified_name(text: str) -> bool:
    """Whether this may be a label's key: ``name`` or ``dns.prefix/name``.

    >>> is_qualified_name("app.kubernetes.io/name"), is_qualified_name("-x")
    (True, False)
    """
    prefix, slash, name = text.rpartition("/")
    if slash and (len(prefix) > 253 or not _PREFIX.fullmatch(prefix)):
        return False
    return len(name) <= 63 and _NAME.fullmatch(name) is not None


def quoted(text: str) -> str:
    """The text in double quotes, as Kubernetes' messages show values."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# --- label selectors as objects -------------------------------------------------------------------------------------


def object_requirements(selector: dict[str, Any] | None) -> list[Requirement] | None:
    """The clauses of a ``metav1.LabelSelector``; None (nothing matches) for no selector, [] (everything) for ``{}``.

    Raises:
        BadRequest: an operator that is none of In, NotIn, Exists and DoesNotExist, or values that do not suit it.
    """
    if selector is None:
        return None
    clauses = [Requirement(key, "In", [value]) for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        operator, values = expression.get("operator"), expression.get("values") or ()
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            raise BadRequest(f'"{operator}" is not a valid label selector operator')
        if (operator in ("In", "NotIn")) != bool(values):
            need = "must be non-empty" if not values else "must be empty"
            raise BadRequest(f"values: Invalid value: {list(values)}: for '{operator}' operator, values set {need}")
        clauses.append(Requirement(expression["key"], operator, values))
    return clauses


def label_test(clauses: list[Requirement] | None) -> LabelTest:
    """A predicate over labels: every clause holds (None: never)."""
    if clauses is None:
        return lambda labels: False
    if not clauses:
        return lambda labels: True
    if len(clauses) == 1:
        return clauses[0].test
    tests = tuple(clause.test for clause in clauses)
    return lambda labels: all(test(labels) for test in tests)


def matcher(selector: dict[str, Any] | None) -> LabelTest:
    """A predicate over labels from a ``metav1.LabelSelector``. Raises BadRequest."""
    return label_test(object_requirements(selector))


def selector_text(selector: dict[str, Any] | None) -> str:
    """A ``metav1.LabelSelector`` spelled as a query's selector (a scale's ``status.selector``).

    >>> selector_text({"matchLabels": {"b": "2", "a": "1"}})
    'a=1,b=2'
    """
    clauses = object_requirements(selector)
    return ",".join(map(str, sorted(clauses, key=lambda clause: clause.key))) if clauses else ""


# --- field selectors ------------------------------------------------------------------------------------------------


class FieldClause:
    """One clause of a field selector: ``path`` is (or, if ``negated``, is not) ``value``."""

    __slots__ = ("negated", "path", "value")

    def __init__(self, path: str, value: str, negated: bool = False) -> None:
        self.path, self.value, self.negated = path, value, negated

    def __str__(self) -> str:
        return f"{self.path}{'!=' if self.negated else '='}{self.value}"


def field_clauses(text: str) -> list[FieldClause]:
    r"""The clauses of a query's ``fieldSelector``; ``\`` keeps a following ``,``, ``=`` or ``\`` as text.

    >>> [str(clause) for clause in field_clauses("metadata.name=a,status.phase!=Running")]
    ['metadata.name=a', 'status.phase!=Running']

    Raises:
        BadRequest: a clause without operator, or a stray backslash.
    """
    clauses: list[FieldClause] = []
    for term in re.split(r"(?<!\\),", text):
        if not term:
            continue
        match = re.match(r"((?:[^=!\\]|\\.|!(?!=))*)(==|!=|=)(.*)", term, re.DOTALL)
        if match is None:
            raise BadRequest(f"invalid selector: '{text}'; can't understand '{term}'")
        path, operator, value = match.groups()
        if re.search(r"\\(?![\\,=])", value.replace("\\\\", "")) or re.search(r"(?<!\\)=", value):
            raise BadRequest(f"invalid selector: '{text}'; can't understand '{term}'")
        clauses.append(FieldClause(path, re.sub(r"\\([\\,=])", r"\1", value), operator == "!="))
    return clauses


def read_path(value: Any, path: Iterable[str]) -> Any:
    """The value at a path of field names; None where it ends early."""
    for name in path:
        if value.__class__ is not dict:
            return None
        value = value.get(name)
    return value


def as_field_value(value: Any) -> str:
    """A field's value as a field selector sees it: text, ``true``/``false``, digits; absent is ""."""
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)


class Selection:
    """Which objects of one kind a query means."""

    __slots__ = ("_fields", "_labels", "name", "namespace")

    def __init__(self, labels: str = "", fields: str = "", supported: Mapping[str, Selectable] | None = None) -> None:
        """``supported``: the kind's own selectable fields, by label.

        Raises:
            BadRequest: a selector cannot be parsed, or names a field that cannot be selected by.
        """
        clauses = label_requirements(labels) if labels else []
        self._labels = label_test(clauses) if clauses else None
        self.name = ""  # the one name that can match, "" for any
        self.namespace = ""
        tests: list[tuple[tuple[str, ...], str, bool, str]] = []
        for clause in field_clauses(fields) if fields else ():
            known = supported or {}
            if clause.path not in ("metadata.name", "metadata.namespace") and clause.path not in known:
                raise BadRequest(f"field label not supported: {clause.path}")
            if not clause.negated and clause.path == "metadata.name":
                self.name = clause.value
            if not clause.negated and clause.path == "metadata.namespace":
                self.namespace = clause.value
            where = known.get(clause.path)
            path = where.path if where is not None else tuple(clause.path.split("."))
            tests.append((path, clause.value, clause.negated, where.default if where is not None else ""))
        self._fields = tuple(tests)

    @property
    def everything(self) -> bool:
        """Whether every object matches."""
        return self._labels is None and not self._fields

    def test(self, value: dict[str, Any]) -> bool:
        """Whether this object matches."""
        if self._labels is not None and not self._labels(value["metadata"].get("labels") or _NO_LABELS):
            return False
        for path, want, negated, default in self._fields:
            if ((as_field_value(read_path(value, path)) or default) == want) is negated:
                return False
        return True

"""Read ``rules/apiserver/validation.yaml``: what is right beyond the types of fields, as data.

Shape of the file (every key is optional):

- ``names``: reference of a kind -> format of its names (a name of text_format.py, or ``{format, maxLength}``);
- ``shortFinalizers``: references of kinds whose finalizers need no domain before a slash;
- ``refine``: definition -> field -> keywords (see shape.py). Definitions are named below ``io.k8s.api.``, or in full;
- ``rules``: a list of ``{of, path, rule | find, value, reason, message, update}`` (see constraint.py).

Raises SourceError with line and caret for whatever is not that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruleplane.api.text_format import FORMATS
from ruleplane.lang.source import Source, read
from ruleplane.model.data import data_dir

if TYPE_CHECKING:
    from pathlib import Path

_KEYWORDS = frozenset(("nonempty", "enum", "min", "max", "format", "keys", "maxLength", "maxItems"))
_RULE_KEYS = frozenset(("of", "path", "rule", "find", "value", "reason", "message", "update"))
_TOP = frozenset(("names", "shortFinalizers", "refine", "rules"))
REASONS = frozenset(("Invalid", "Required", "NotSupported", "Duplicate", "Forbidden", "NotFound", "TooLong", "TooMany"))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as written. ``update``: holds between an object and what it replaces. ``places``: of its expressions."""

    of: tuple[str, ...]
    path: str
    rule: str
    find: str
    value: str
    reason: str
    message: str
    update: bool
    file: str
    places: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ValidationFile:
    """The file's content, definitions named in full."""

    names: dict[str, Any] = field(default_factory=dict)
    refinements: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    short_finalizers: frozenset[str] = frozenset()


def load_validation(path: Path | None = None) -> ValidationFile:
    """The file at ``path`` (the one of this installation, if None)."""
    source = read(path or data_dir("rules") / "apiserver" / "validation.yaml")[0]
    data = source.data
    _only(source, data, _TOP, ())
    for ref, name in data.get("names", {}).items():
        word = name if isinstance(name, str) else name.get("format", "dnsSubdomain")
        if word not in FORMATS:
            raise source.error(f"no such format: {word!r} (there are {', '.join(sorted(FORMATS))})", ("names", ref))
    refinements = {full_name(name): fields for name, fields in data.get("refine", {}).items()}
    for name, fields in data.get("refine", {}).items():
        for one, keywords in fields.items():
            _only(source, keywords, _KEYWORDS, ("refine", name, one))
            for word in (keywords.get("format"), keywords.get("keys")):
                if word is not None and word not in FORMATS:
                    raise source.error(f"no such format: {word!r}", ("refine", name, one))
    rules = tuple(_rule(source, row, index) for index, row in enumerate(data.get("rules", [])))
    return ValidationFile(data.get("names", {}), refinements, rules, frozenset(data.get("shortFinalizers", ())))


def full_name(name: str) -> str:
    """``core.v1.PodSpec`` -> ``io.k8s.api.core.v1.PodSpec``; full names stay."""
    return name if name.startswith("io.k8s.") or "/" in name else f"io.k8s.api.{name}"


def _only(source: Source, data: Any, allowed: frozenset[str], path: tuple[str | int, ...]) -> None:
    if not isinstance(data, dict):
        raise source.error(f"a map with {', '.join(sorted(allowed))} was expected", path)
    for key in data:
        if key not in allowed:
            raise source.error(f"unknown key {key!r} (known: {', '.join(sorted(allowed))})", (*path, key), key=True)


def _rule(source: Source, row: Any, index: int) -> Rule:
    here = ("rules", index)
    _only(source, row, _RULE_KEYS, here)
    if "of" not in row or ("rule" in row) == ("find" in row):
        raise source.error("a rule says of what it is (`of`), and either `rule` or `find`", here)
    reason = row.get("reason", "Invalid")
    if reason not in REASONS:
        raise source.error(f"no such reason: {reason!r} (there are {', '.join(sorted(REASONS))})", (*here, "reason"))
    of = row["of"] if isinstance(row["of"], list) else [row["of"]]
    return Rule(
        of=tuple(full_name(one) for one in of),
        path=row.get("path", ""),
        rule=row.get("rule", ""),
        find=row.get("find", ""),
        value=row.get("value", ""),
        reason=reason,
        message=row.get("message", ""),
        update=row.get("update", False),
        file=source.file,
        places={key: source.place((*here, key)) for key in ("rule", "find", "value") if key in row},
    )

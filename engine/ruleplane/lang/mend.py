"""A rule file without what is wrong with its shape, so that the rest of it can be checked all the same.

What a mistake spoils is left out, or replaced by the least that has a shape: a rule without its head still has its
condition, a relation its kind. Nothing of this ever runs: only the checker asks for it.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ruleplane.lang.mistakes import Mistake, mistakes, unpaired
from ruleplane.model.shape import NAME

if TYPE_CHECKING:
    from ruleplane.lang.mistakes import Path
    from ruleplane.model.ruleset import Library, RuleSet

_ROUNDS = 8  # each finds what the mistakes of the one before hid
_STUB = {"reason": "Nothing", "message": "nothing"}
_HEADS = ("ensure", "apply", "status", "keep", "delete", "choose", "post", "deny", "set", "default", "event")


def mended(data: Any, model: type[RuleSet] | type[Library]) -> tuple[RuleSet | Library | None, list[Mistake]]:
    """What is left of a document, None if nothing has a shape; and every mistake of shape."""
    told: list[Mistake] = []
    data = deepcopy(data)
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(data), told
        except ValidationError as error:
            found = mistakes(data, error, model)
        told += [one for one in unpaired(found, told) if not _ours(one, told)]
        if not all(_left_out(data, one) for one in found):
            break
    return None, told


def _ours(one: Mistake, told: list[Mistake]) -> bool:
    """Whether it is only there because something was left out."""
    if one.sort != "whole" or one.path == ("spec",):
        return one in told
    return any(other.path[: len(one.path)] == one.path for other in told)


def _left_out(data: Any, one: Mistake) -> bool:
    """Leave out what is wrong; False if nothing would remain."""
    match one.path, one.sort:
        case (*parent, key), "unknown":
            _at(data, tuple(parent)).pop(key, None)
            if parent[:2] == ["spec", "rules"] and len(parent) == 3:
                rule = _at(data, tuple(parent))
                if not any(head in rule for head in _HEADS):
                    rule["event"] = _STUB
            return True
        case ("metadata", *_), _:
            data["metadata"] = {"name": "unnamed"}
            return True
        case ("spec",), "whole":
            return _spec(data["spec"])
        case ("spec",), "missing" if isinstance(data.get("spec"), dict):
            return _given(data["spec"], one.key)
        case ("spec", key, *rest), _:
            return _part(data["spec"], key, rest)
    if one.sort == "missing" and one.key == "metadata":
        data["metadata"] = {"name": "unnamed"}
        return True
    return False


def _given(spec: dict[str, Any], key: str) -> bool:
    """A key that is missing."""
    least: dict[str, Any] = {"component": "none", "rules": [_rule(0, None)], "functions": {}}
    if key not in least:
        return False
    spec[key] = least[key]
    return True


def _part(spec: dict[str, Any], key: Any, rest: list[Any]) -> bool:
    found = spec.get(key)
    if key == "rules":
        if not isinstance(found, list) or not rest:
            spec["rules"] = [_rule(0, None)]
        elif rest[1:] == ["name"] and isinstance(found[rest[0]], dict):
            found[rest[0]]["name"] = f"rule-{rest[0]}"  # all else may be well
        else:
            found[rest[0]] = _rule(rest[0], found[rest[0]])
    elif key == "for":
        if not (isinstance(found, dict) and rest and isinstance(found.get(rest[0]), dict) and "kind" in found[rest[0]]):
            return False
        found[rest[0]] = _texts(found[rest[0]], "kind", "where", "by")
    elif key in ("watch", "functions") and isinstance(found, dict) and rest:
        if key == "watch":
            relation = found[rest[0]] if isinstance(found[rest[0]], dict) else {}
            found[rest[0]] = {"kind": "*", **_texts(relation, "kind", "name", "namespace", "where")}
        else:
            found[rest[0]] = "dyn(null)"
    elif key == "finalizer":
        spec["finalizer"] = {"name": "example.com/none", "until": "true"}
    elif key == "component":
        spec["component"] = "none"
    else:
        spec.pop(key, None)
    return True


def _rule(index: int, rule: Any) -> dict[str, Any]:
    """A rule without its head: its condition can still be read."""
    rule = rule if isinstance(rule, dict) else {}
    kept: dict[str, Any] = _texts(rule, "when")
    if "when" not in kept and isinstance(rule.get("while"), str) and rule["while"].strip():
        kept["when"] = rule["while"]
    each = rule.get("each")
    if isinstance(each, dict) and len(each) == 1 and all(isinstance(part, str) for part in each.values()):
        ((variable, listed),) = each.items()
        if str(variable).isidentifier() and listed.strip():
            kept["each"] = each
    name = str(rule.get("name"))
    return {"name": name if re.match(NAME, name) else f"rule-{index}", "event": _STUB, **kept}


def _texts(found: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: found[key] for key in keys if isinstance(found.get(key), str) and found[key].strip()}


def _spec(spec: dict[str, Any]) -> bool:
    """What does not go together in a rule set as a whole."""
    if "for" in spec and len(spec["for"]) != 1:
        if not spec["for"]:
            return False
        spec["for"] = dict([next(iter(spec["for"].items()))])
    finalizer = spec.pop("finalizer", None)
    if finalizer is not None and not any("by" in primary for primary in spec["for"].values()):
        spec["finalizer"] = finalizer
    names: set[str] = set()
    for index, rule in enumerate(spec["rules"]):
        if finalizer is None:
            rule.pop("finalize", None)
        if rule["name"] in names:
            rule["name"] = f"{rule['name']}-{index}"
        names.add(rule["name"])
    return True


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data

"""The specification's own cases (google/cel-spec), over compiled code and the exact interpreter alike.

The cases lie outside the project: in ``../shared/cel-spec`` beside the checkout, or ``$CEL_SPEC_DIR``. A case passes,
or stands in cel_listed.yaml with its reason; a listed case that passes fails the test, so the list stays true.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ruleplane.errors import EvaluationError, SourceError
from ruleplane.lang.cel import Compiler, Duration, Function, Optional, Timestamp, Type, Uint, parse
from ruleplane.lang.cel.operators import make_map
from ruleplane.lang.cel.times import parse_duration, parse_timestamp
from ruleplane.lang.cel.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
_CASES = Path(os.environ.get("CEL_SPEC_DIR") or _HERE.parents[2] / "shared" / "cel-spec")
_LISTED: dict[str, str] = {
    case: entry["reason"]
    for entry in yaml.safe_load((_HERE / "cel_listed.yaml").read_text())["listed"]
    for case in entry["cases"]
}


def _load() -> Iterator[Any]:
    for file in sorted(_CASES.glob("*.json")):
        for case in json.loads(file.read_text()):
            yield pytest.param(case, id=f"{file.stem}/{case['section']}/{case['name']}")


CASES = list(_load())
pytestmark = pytest.mark.skipif(not CASES, reason=f"no cases of cel-spec in {_CASES} (set $CEL_SPEC_DIR)")


def _value(data: dict[str, Any]) -> Any:
    ((kind, content),) = data.items()
    if kind == "list":
        return [_value(item) for item in content]
    if kind == "map":
        return make_map((_value(key), _value(item)) for key, item in content)
    converters = {
        "uint": Uint,
        "double": float,
        "bytes": bytes,
        "type": Type,
        "duration": parse_duration,
        "timestamp": parse_timestamp,
    }
    return converters[kind](content) if kind in converters else content


def _same(found: Any, wanted: Any) -> bool:
    """Equal, and of the same type at every depth: stricter than the language's own equality."""
    if kind_of(found) != kind_of(wanted):
        return False
    match wanted:
        case float():
            return (math.isnan(found) and math.isnan(wanted)) or found == wanted
        case list():
            return len(found) == len(wanted) and all(map(_same, found, wanted))
        case Timestamp() | Duration() | Type() | str() | bytes() | int() | None:
            return bool(found == wanted)
        case Optional():
            return _same(found.content, wanted.content)
    return len(found) == len(wanted) and all(
        any(_same(key, other) and _same(value, found[other]) for other in found) for key, value in wanted.items()
    )


def _outcomes(case: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """``(how, value or error)`` of the compiled and of the interpreted expression."""
    bindings = {name: _value(value) for name, value in case.get("bindings", {}).items()}
    scope = SimpleNamespace(**bindings)
    names = {*bindings, *(declaration["name"] for declaration in case.get("typeEnv", []) if "ident" in declaration)}
    functions = [
        Function(declaration["name"], lambda *_: None)
        for declaration in case.get("typeEnv", [])
        if "function" in declaration
    ]
    compiler = Compiler(functions, container=case.get("container", ""), lenient=bool(case.get("disableCheck")))

    def compiled() -> Any:
        return compiler.compile(parse(case["expr"]), names)(scope)

    def interpreted() -> Any:
        return compiler.interpret(parse(case["expr"]), scope, names)

    for how, run in (("compiled", compiled), ("interpreted", interpreted)):
        try:
            yield how, run()
        except (EvaluationError, SourceError) as error:
            yield how, error


def _failures(case: dict[str, Any]) -> list[str]:
    if case.get("checkOnly"):
        return ["the case is about the type only"]
    failures = []
    for how, outcome in _outcomes(case):
        if isinstance(outcome, Exception):
            if "error" not in case:
                failures.append(f"{how}: {outcome}")
        elif "error" in case:
            failures.append(f"{how}: {outcome!r}, not an error")
        elif not _same(outcome, _value(case["value"])):
            failures.append(f"{how}: {outcome!r}, not {case['value']}")
    return failures


@pytest.mark.parametrize("case", CASES)
def test_every_case_passes_or_is_listed_with_its_reason(case: dict[str, Any], request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    failures = _failures(case)
    if name in _LISTED:
        assert failures, f"{name} passes now: take it off cel_listed.yaml"
    else:
        assert not failures, f"{case['expr']}\n" + "\n".join(failures)


def test_no_listed_case_is_unknown_and_at_most_three_in_a_hundred_are_listed() -> None:
    known = {param.id for param in CASES}
    assert set(_LISTED) <= known
    assert len(_LISTED) <= 0.03 * len(known)

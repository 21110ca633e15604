"""The specification's own cases (google/cel-spec), over compiled code and the exact interpreter alike.

The cases lie outside the project: in ``../shared/cel-spec`` beside the checkout, or ``$CEL_SPEC_DIR``. A case passes,
or stands in cel_listed.yaml with its reason; a listed case that passes fails the test, so the list stays true.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ruleplane.errors import EvaluationError, SourceError
from ruleplane.lang.cel import DYN, Compiler, Function, Shape, Type, Uint, parse
from ruleplane.lang.cel.operators import make_map
from ruleplane.lang.cel.registry import Overload
from ruleplane.lang.cel.times import parse_duration, parse_timestamp
from support.cel_expressions import same

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


# --- types ----------------------------------------------------------------------------------------------------------

_PRIMITIVES = {
    "INT64": "int",
    "UINT64": "uint",
    "DOUBLE": "double",
    "STRING": "string",
    "BYTES": "bytes",
    "BOOL": "bool",
}
_MESSAGES = {"google.protobuf.Duration": Shape("duration"), "google.protobuf.Timestamp": Shape("timestamp")}


class _Fields(dict[str, Shape]):
    """The fields of a message, by name."""

    def field(self, name: str) -> Shape | None:
        return self.get(name)

    def names(self) -> Iterator[str]:
        return iter(self)


def _wrapper(kind: str) -> Shape:
    return Shape("wrapper", (Shape(kind),))


# What the cases read of the suite's own message.
_TEST_ALL_TYPES = Shape(
    "TestAllTypes",
    fields=_Fields(
        single_int64=Shape("int"),
        single_int64_wrapper=_wrapper("int"),
        single_string_wrapper=_wrapper("string"),
        repeated_nested_message=Shape("list", (Shape("NestedMessage", fields=_Fields(bb=Shape("int"))),)),
    ),
)


def _shape(data: dict[str, Any]) -> Shape:
    ((kind, content),) = data.items()
    match kind:
        case "primitive":
            return Shape(_PRIMITIVES[content])
        case "wrapper":
            return _wrapper(_PRIMITIVES[content])
        case "listType":
            return Shape("list", (_shape(content["elemType"]),))
        case "mapType":
            return Shape("map", (_shape(content["keyType"]), _shape(content["valueType"])))
        case "abstractType":
            name = {"optional_type": "optional"}.get(content["name"], content["name"])
            return Shape(name, tuple(map(_shape, content["parameterTypes"])))
        case "typeParam":
            return Shape(f"${content}")
        case "messageType":
            return _MESSAGES.get(content, _TEST_ALL_TYPES)
        case "null" | "dyn":
            return Shape(kind)
    raise NotImplementedError(kind)


# --- running --------------------------------------------------------------------------------------------------------


class _Case:
    """A case, its surroundings made ours."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.expr = parse(case["expr"])
        declarations = case.get("typeEnv", [])
        bindings = {name: _value(value) for name, value in case.get("bindings", {}).items()}
        self.scope = SimpleNamespace(**bindings)
        self.names = {
            **dict.fromkeys(bindings, DYN),
            **{each["name"]: _shape(each["ident"]["type"]) for each in declarations if "ident" in each},
        }
        functions = [_function(each["name"], each["function"]) for each in declarations if "function" in each]
        self.checked = not case.get("disableCheck")
        self.compiler = Compiler(functions, container=case.get("container", ""), lenient=not self.checked)

    def outcomes(self) -> Iterator[tuple[str, Any]]:
        """``(how, value or error)`` of the compiled and of the interpreted expression."""
        for how, run in (
            ("compiled", lambda: self.compiler.compile(self.expr, self.names)(self.scope)),
            ("interpreted", lambda: self.compiler.interpret(self.expr, self.scope, self.names)),
        ):
            try:
                yield how, run()
            except (EvaluationError, SourceError) as error:
                yield how, error

    def type_failures(self) -> Iterator[str]:
        """What the checker does not get right."""
        try:
            found = self.compiler.check(self.expr, self.names)
        except SourceError as error:
            if "error" not in self.case:
                yield f"checked: {error}"
            return
        if "type" in self.case and found != _shape(self.case["type"]):
            yield f"checked: {found}, not {_shape(self.case['type'])}"

    def value_failures(self) -> Iterator[str]:
        """What compiled or interpreted code does not get right."""
        for how, outcome in self.outcomes():
            if isinstance(outcome, Exception):
                if "error" not in self.case:
                    yield f"{how}: {outcome}"
            elif "error" in self.case:
                yield f"{how}: {outcome!r}, not an error"
            elif not same(outcome, _value(self.case["value"])):
                yield f"{how}: {outcome!r}, not {self.case['value']}"


def _function(name: str, declared: dict[str, Any]) -> Function:
    overloads = tuple(
        Overload(tuple(str(_shape(param)) for param in each["params"]), str(_shape(each["resultType"])), print)
        for each in declared["overloads"]
    )
    return Function(name, print, overloads=overloads)


def _failures(data: dict[str, Any]) -> list[str]:
    case = _Case(data)
    failures = list(case.type_failures()) if case.checked else []
    return failures if data.get("checkOnly") else [*failures, *case.value_failures()]


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

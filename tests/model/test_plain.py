"""What reads rule files without pydantic makes the same of them as pydantic would, and accepts nothing else."""

import random
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Literal

import pytest

from ruleplane.lang.load import files
from ruleplane.lang.source import read
from ruleplane.model import strict
from ruleplane.model.data import data_dir
from ruleplane.model.plain import Doubt, shape_reader
from ruleplane.model.ruleset import Library, Param, RuleSet
from ruleplane.model.shape import Field, Misshapen, Shape

ROOT = Path(__file__).parents[2]
ENGINE, EXAMPLES = ROOT / "engine", ROOT / "docs" / "examples"
MODELS = {"RuleSet": RuleSet, "Library": Library}
DOCUMENTS = [
    (MODELS[source.data["kind"]], source.data)
    for path in files([data_dir("rules"), EXAMPLES])
    for source in read(path)
    if isinstance(source.data, dict) and source.data.get("apiVersion") == "ruleplane.dev/v1"
]
VALUES = (
    *(None, True, False, 0, 1, -3, 1.5, 2.0, float("inf"), "", " ", "x", " x ", "\tx\n", "\x1fx", "\x85x", "x\n", "3"),
    *("true", "no", "A b", "a-b", "-", "1m30s", "1m ", "example.com/x", "é", "v1/Pod", "controller", "CREATE", b"x"),
    *([], ["x"], [1], [None], {}, {"x": "y"}, {"x": 1}, {1: "x"}, {"x": None}, {"type": "int"}, {"kind": "v1/Pod"}),
    *({"reason": "A", "message": "b"}, [{"reason": "A", "message": "b"}], {"message": "b"}, {"a": "x", "b": "y"}),
)
KEYS = (
    "for_",
    "in_",
    "as_",
    "set_",
    "while_",
    "unknown",
    "when",
    "while",
    "each",
    "event",
    "default",
    "model_extra",
    1,
)


class Open(Shape):
    """What the shapes of the language have apart, in one."""

    extra = "allow"
    as_: str = Field("", alias="as")
    level: Literal[1, "high"] = 1
    size: int | None = None


def _places(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _places(child, (*path, key))


def _changed(data, draw):
    """The document with one mistake, or what may be one."""
    data = deepcopy(data)
    *parent, key = draw.choice([path for path in _places(data) if path])
    holder = data
    for part in parent:
        holder = holder[part]
    match draw.randrange(4):
        case 0:
            holder[key] = draw.choice(VALUES)
        case 1:
            del holder[key]
        case 2 if isinstance(holder, dict):
            holder[draw.choice(KEYS)] = draw.choice((holder[key], *VALUES))
        case _ if isinstance(holder, dict):
            holder[draw.choice(KEYS)] = holder.pop(key)
    return data


def _agree(shape, data):
    """Whether it is read plainly; if so, pydantic must say the same."""
    try:
        found = shape_reader(shape)(data)
    except Doubt:
        return False
    exact = strict.validated(shape, data)
    assert found == exact
    assert repr(found) == repr(exact)  # true is not 1
    return True


def test_what_is_bundled_and_the_examples_are_read_without_pydantic():
    assert len(DOCUMENTS) >= 20
    assert [data["metadata"]["name"] for shape, data in DOCUMENTS if not _agree(shape, data)] == []


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_read_without_pydantic_it_would_read_alike(seed):
    draw = random.Random(seed)
    plain = []
    for _ in range(60):
        shape, data = draw.choice(DOCUMENTS)
        plain.append(_agree(shape, _changed(data, draw)))
    assert 5 < sum(plain) < 55  # both happen


@pytest.mark.parametrize("value", VALUES)
def test_a_setting_is_read_as_pydantic_reads_it(value):
    for key in ("type", "default", "doc", "enum", "min", "max", "unknown"):
        _agree(Param, {"type": "int", "default": 1, key: value})


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("key", ["as", "as_", "level", "size", "more"])
def test_a_shape_that_is_open_is_read_as_pydantic_reads_it(key, value):
    _agree(Open, {key: value})


def test_what_pydantic_takes_for_a_value_is_one_in_our_shape_too():
    made = Param.model_validate({"type": "int", "default": 1, "min": True})  # a bool is no number, exactly
    assert made == Param(type="int", default=1, min=True)
    assert type(made) is Param


def test_what_has_no_shape_is_told_as_pydantic_tells_it():
    with pytest.raises(Misshapen) as told:
        Param.model_validate({"type": "int", "size": 3})
    assert [(row["type"], row["loc"]) for row in told.value.rows] == [
        ("missing", ("default",)),
        ("extra_forbidden", ("size",)),
    ]


def test_a_shape_does_not_change():
    made = Param(type="int", default=1)
    with pytest.raises(AttributeError, match="set once"):
        made.default = 2


def test_defaults_are_not_shared():
    one, other = (Library.model_validate(deepcopy(data)) for _ in range(2) for data in [_library()])
    assert one.metadata.labels == other.metadata.labels == {}
    assert one.metadata.labels is not other.metadata.labels


def _library():
    return next(data for shape, data in DOCUMENTS if shape is Library)


def test_rules_that_are_well_are_checked_without_importing_pydantic():
    code = (
        "import sys; from ruleplane.lang.check import check_paths; from ruleplane.model.data import data_dir; "
        "print(check_paths([data_dir('rules')]), 'pydantic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ENGINE)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]", "False"]

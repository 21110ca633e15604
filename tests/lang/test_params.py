"""Settings: what may be declared, what may be given instead, and what rules read."""

import textwrap

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang import cel
from ruleplane.lang.load import load
from ruleplane.lang.params import Written, parse_overrides

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: budgets}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap}}
  params:
%s
  rules:
    - {name: tell, event: {reason: Told, message: told}}
"""


def loaded(tmp_path, params, given=None):
    path = tmp_path / "rules.yaml"
    path.write_text(HEAD % textwrap.indent(params, "    "))
    (program,) = load([path], {"budgets": given} if given is not None else None)
    return program


def test_a_plain_value_declares_a_setting_of_its_own_type(tmp_path):
    params = "burst: 5\nname: a\nratio: 0.5\non: true\nnames: [a]\nlabels: {a: b}".replace("on:", "strict:")
    assert loaded(tmp_path, params, {"burst": 7}).params == {
        "burst": 7,
        "name": "a",
        "ratio": 0.5,
        "strict": True,
        "names": ["a"],
        "labels": {"a": "b"},
    }
    with pytest.raises(SourceError, match=r":8:5: the setting burst was given: an int was expected, found '7'"):
        loaded(tmp_path, params, {"burst": "7"})
    with pytest.raises(SourceError, match="the setting burst was given: an int was expected, found true"):
        loaded(tmp_path, params, {"burst": True})


def test_durations_and_quantities_are_values_of_their_own(tmp_path):
    program = loaded(tmp_path, "grace: {type: duration, default: 1m30s}\nsize: {type: quantity, default: 2Gi}")
    assert program.params["grace"] == cel.Duration(90_000_000_000)
    assert program.params["size"] == cel.quantity("2048Mi")
    assert {name: str(shape) for name, shape in program.param_shapes.items()} == {
        "grace": "duration",
        "size": "quantity",
    }


@pytest.mark.parametrize(
    ("params", "given", "message"),
    [
        ("m: {type: int, default: 1, min: 1, max: 9}", 0, "0 is less than 1"),
        ("m: {type: int, default: 1, min: 1, max: 9}", 10, "10 is more than 9"),
        ("m: {type: duration, default: 5m, max: 1h}", "2h", "'2h' is more than '1h'"),
        ("m: {type: quantity, default: 1Gi, min: 512Mi}", "1Mi", "'1Mi' is less than '512Mi'"),
        ("m: {type: duration, default: 5m}", "soon", "a duration was expected, found 'soon'"),
        ("m: {type: string, default: a, enum: [a, b]}", "c", "'c' is not one of 'a', 'b'"),
        ("m: {type: list, default: []}", {}, r"a list was expected, found \{\}"),
    ],
)
def test_what_may_not_be_given_is_refused(tmp_path, params, given, message):
    loaded(tmp_path, params)
    with pytest.raises(SourceError, match=rf":8:5: the setting m was given: {message}"):
        loaded(tmp_path, params, {"m": given})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("m: {type: int, default: many}", r":8:29: default: an int was expected, found 'many'"),
        ("m: {type: int, default: 0, min: 1}", r":8:29: default: 0 is less than 1"),
        ("m: {type: int, default: 1, min: a}", r":8:37: min: an int was expected, found 'a'"),
        ("m: {type: string, default: a, min: 1}", r":8:40: a string has no `min`"),
        ("m: {type: string, default: a, enum: [1]}", r"enum: a string was expected, found 1"),
        (
            "m: {type: number, default: 1}",
            r":8:15: spec.params.m.type: 'bool', 'int', .* or 'map' is expected, found the text 'number'",
        ),
        ("m: {type: int}", r":8:5: missing key 'default' in spec.params.m"),
        ("m: {type: int, default: 1, most: 3}", r":8:32: unknown key 'most' in spec.params.m"),
        ("m: 2026-01-01", r":8:8: .2026-01-01. is text to kubectl: quote it"),
    ],
)
def test_a_mistake_in_a_declaration_is_shown_at_its_place(tmp_path, params, message):
    with pytest.raises(SourceError, match=message):
        loaded(tmp_path, params)


def test_what_a_command_line_gives_is_read_by_the_type_of_the_setting(tmp_path):
    params = "m: 1\nname: a\nnames: []\nstrict: false\ngrace: {type: duration, default: 1s}\nany:"
    given = parse_overrides(
        [f"budgets.{part}" for part in ("m=25", "name=25", "names=[a, b]", "strict=true", "grace=2m", "any=[1]")]
    )
    assert loaded(tmp_path, params, given["budgets"]).params == {
        "m": 25,
        "name": "25",
        "names": ["a", "b"],
        "strict": True,
        "grace": cel.Duration(120_000_000_000),
        "any": [1],
    }
    with pytest.raises(SourceError, match="the setting m was given: an int was expected, found 'x'"):
        loaded(tmp_path, params, {"m": Written("x")})
    with pytest.raises(SourceError, match=r"the setting names was given: '\[a' is not YAML"):
        loaded(tmp_path, params, {"names": Written("[a")})
    with pytest.raises(SourceError, match=r"the setting any was given: '\[a' is not YAML"):
        loaded(tmp_path, params, {"any": Written("[a")})


@pytest.mark.parametrize("text", ["burst=5", "a.b", ".b=1", "a.=1", ""])
def test_a_text_that_is_no_setting_is_refused(text):
    with pytest.raises(SourceError, match=r"a setting is written as ruleset\.param=value"):
        parse_overrides([text])


def test_a_setting_that_is_given_twice_is_refused():
    with pytest.raises(SourceError, match=r"the setting a\.b is given twice"):
        parse_overrides(["a.b=1", "a.b=2"])


def test_other_settings_are_another_rule_set_to_the_trace(tmp_path):
    assert loaded(tmp_path, "m: 1").text_hash != loaded(tmp_path, "m: 1", {"m": 2}).text_hash

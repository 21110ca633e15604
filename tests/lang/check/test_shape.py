"""Mistakes of shape: all of a file are told at once, in the author's own words, and hide nothing beside them."""

from __future__ import annotations

import pytest

from ruleplane.lang.check import check_paths
from ruleplane.model.data import data_dir

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: one}
spec:
  component: examples
  for: {rs: {kind: apps/v1/ReplicaSet}}
  watch: {pods: {kind: v1/Pod, controlledBy: rs}}
"""
FIELD = "ReplicaSetSpec has no field 'replcas'; did you mean 'replicas'?"


@pytest.fixture
def found(tmp_path):
    def check(*texts):
        for number, text in enumerate(texts):
            (tmp_path / f"{number}.yaml").write_text(text)
        return check_paths([tmp_path], libraries=[data_dir("rules") / "lib"])

    return check


def messages(findings):
    return [finding.message for finding in findings]


def rules(*lines: str) -> str:
    return HEAD + "  rules:\n" + "".join(f"    {line}\n" for line in lines)


def test_all_mistakes_of_shape_are_told_at_once_and_in_order_of_place(found):
    text = rules(
        "- {name: a, wen: 'true', satus: {replicas: 1}}",
        "- {name: b, status: {replicas: 1}, delete: {objects: rs}}",
        "- {name: c, event: {reason: x}}",
        "- {name: c, event: {reason: x, message: z}}",
    )
    findings = found(text.replace("controlledBy", "controledBy").replace("component", "componnent"))
    assert messages(findings) == [
        "spec: two rules are called c",
        "unknown key 'componnent' in spec; did you mean 'component'?",
        "unknown key 'controledBy' in spec.watch.pods; did you mean 'controlledBy'?",
        "unknown key 'wen' in spec.rules[0]; did you mean 'when'?",
        "unknown key 'satus' in spec.rules[0]; did you mean 'status'?",
        "spec.rules[1]: a rule has one head, not status and delete",
        "spec.rules[2].event: an event needs both `reason` and `message`",
    ]
    assert {finding.code for finding in findings} == {"RP001"}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("deny: {mesage: x}", "unknown key 'mesage' in spec.rules[0].deny; did you mean 'message'?"),
        ("deny: 5", "spec.rules[0].deny: a map or a text is expected, found the number 5; write it in quotes: '5'"),
        (
            "deny: {message: x, field: z}",
            "spec.rules[0].deny: `field` goes with `reason: Invalid`: a request is not forbidden for one field",
        ),
        (
            "event: {created: {reson: x, message: z}}",
            "unknown key 'reson' in spec.rules[0].event.created; did you mean 'reason'?",
        ),
        ("event: {created: [{reason: x}]}", "missing key 'message' in spec.rules[0].event.created[0]"),
        (
            "event: {created: yes}",
            "spec.rules[0].event.created: a map, a text or a list is expected, found true (that is what YAML takes "
            "`yes` for); write it in quotes: 'yes'",
        ),
        (
            "ensure: {objects: {1x: pods}, count: '1', template: {kind: v1/Pod}}",
            "spec.rules[0].ensure.objects.1x: a name of letters, digits and `_` is expected, found '1x'",
        ),
        (
            "ensure: {objects: '', count: '1', template: {kind: v1/Pod}}",
            "spec.rules[0].ensure.objects: an expression is expected, and this is empty",
        ),
        ("status: []", "spec.rules[0].status: a map is expected, found a list"),
        ("finalize: often", "spec.rules[0].finalize: true or false is expected, found the text 'often'"),
    ],
)
def test_a_path_holds_only_keys_that_the_author_wrote(found, rule, message):
    findings = [one for one in found(rules(f"- {{name: a, {rule}}}")) if one.line == 9]
    assert messages(findings) == [message.replace("objects.1x", "objects[1x]")]


def test_the_rest_of_the_rule_set_is_checked_all_the_same(found):
    findings = found(
        rules(
            "- {name: a, when: rs.spec.replcas > 1, stats: {replicas: 1}}",
            "- {name: b, while: rs.spec.replcas > 2, satus: {}}",
            "- {name: c, each: {p: pods}, when: p.spec.nodNam == '', delete: {object: p}}",
            '- {name: d, status: {replicas: "${rs.spec.replcas}"}}',
            "- 5",
        )
    )
    assert [one.code for one in findings] == ["RP005", "RP001"] * 2 + ["RP005", "RP001", "RP005", "RP001"]
    assert messages(findings)[0] == FIELD
    assert messages(findings)[-1] == "spec.rules[4]: a map is expected, found the number 5"


def test_what_is_only_used_in_a_part_without_shape_is_not_called_unused(found):
    findings = found(rules("# allow RP010: because it is there", "- {name: a, satus: {replicas: '${size(pods)}'}}"))
    assert messages(findings) == ["unknown key 'satus' in spec.rules[0]; did you mean 'status'?"]


def test_other_rule_sets_of_the_file_and_the_directory_are_checked(found):
    bad = rules('- {name: d, status: {replicas: "${rs.spec.replcas + size(pods)}"}}')
    shapeless = "apiVersion: ruleplane.dev/v1\nkind: RuleSet\nmetadata: {name: two}\nspec: 5\n"
    broken = "apiVersion: ruleplane.dev/v1\nkind: RuleSet\nspec: {a: [}\n"
    findings = found(
        "---\n".join((shapeless, broken, bad)),
        "a: 1\na: 2\n---\n" + bad.replace("name: one", "name: three"),
    )
    assert [(one.line, one.message) for one in findings] == [
        (4, "spec: a map is expected, found the number 5"),
        (8, "not YAML: did not find expected node content"),
        (18, FIELD),
        (2, "the key 'a' is given twice"),
        (12, FIELD),
    ]


def test_a_key_that_is_given_twice_keeps_its_first_value_and_place(found):
    findings = found(
        rules('- {name: a, when: rs.spec.replcas > size(pods), event: {reason: a, message: b}, when: "1"}')
    )
    assert [(one.column, one.code) for one in findings] == [(31, "RP005"), (85, "RP001")]


def test_every_function_of_a_library_is_told_of(found):
    library = """\
apiVersion: ruleplane.dev/v1
kind: Library
metadata: {name: lib}
spec:
  functions:
    f(x): x +
    g(x): h(x)
    h(x): g(x)
    i(x): 5
    j(x): {exp: x}
    k(x): z
    l(x): f(x) + k(x) + x.z
"""
    rule = rules("- {name: a, when: f(rs) && j(rs) && size(pods) > 1, event: {reason: a, message: b}}")
    assert [(one.line, one.code) for one in found(library, rule)] == [
        (line, "RP001") for line in (6, 7, 9, 10, 11)
    ]  # fmt: skip


def test_what_only_the_compiler_sees_is_told_of_every_part(found):
    findings = found(
        rules(
            "- {name: a, when: now > seen(1), status: {replicas: 1}}",
            '- {name: b, apply: {to: "${rs}"}}',
            "- {name: c, when: size(pods) > nothing, delete: {objects: rs}}",
        )
    )
    assert [(one.code, one.rule, one.line) for one in findings] == [
        ("RP001", "a", 9),
        ("RP001", "b", 10),
        ("RP002", "c", 11),
    ]


def test_two_rule_sets_of_one_name_are_told(found):
    text = rules("- {name: a, when: size(pods) > 1, delete: {objects: rs}}")
    (finding,) = found(text, text)
    assert finding.message.startswith("the rule set 'one' exists already, in ")


def test_a_word_that_yaml_takes_for_a_boolean_is_named_as_it_was_written(found):
    findings = found(rules("- {name: on, when: size(pods) > rs.spec.replcas, delete: {objects: rs}}"))
    assert messages(findings) == [
        "spec.rules[0].name: a text is expected, found true (that is what YAML takes `on` for); write it in quotes: "
        "'on'",
        FIELD,
    ]


def test_a_template_without_quotes_in_a_flow_map_is_told_what_it_lacks(found):
    (finding,) = found(rules("- {name: a, status: {replicas: ${size(pods)}}}"))
    assert finding.message.startswith("not YAML: ")
    assert finding.message.endswith('; within { } and [ ] a text with ${ } is written in quotes: "${…}"')


def test_settings_are_looked_at_beside_a_mistake_of_shape(found):
    text = rules("- {name: a, wen: 'true', status: {replicas: '${size(pods) + params.m}'}}")
    findings = found(text.replace("  rules:", "  params: {m: {type: int, default: x}}\n  rules:"))
    assert messages(findings) == [
        "default: an int was expected, found 'x'",
        "unknown key 'wen' in spec.rules[0]; did you mean 'when'?",
    ]

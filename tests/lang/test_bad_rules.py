"""Mistakes in rule files: each is refused with its place and says what was expected.

In the texts ``»`` marks the place that the message must point at.
"""

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang.check import check_paths
from ruleplane.lang.load import load
from ruleplane.model.data import data_dir

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: bad}
spec:
  component: test
  for: {rs: {kind: apps/v1/ReplicaSet}}
"""
RULE = "  rules:\n    - name: report\n      status: {replicas: 1}\n"
PODS = "  watch:\n    pods: {kind: v1/Pod, controlledBy: rs}\n"

SHAPE = {
    "an unknown key in the spec": (HEAD + "  »lets: {}\n" + RULE, "unknown key 'lets' in spec"),
    "an unknown key in a rule": (
        HEAD + "  rules:\n    - name: a\n      »wen: 'true'\n      status: {}\n",
        "unknown key 'wen' in spec.rules[0]; did you mean 'when'?",
    ),
    "a key given twice": (HEAD + RULE + "      »name: again\n", "the key 'name' is given twice"),
    "a key that YAML reads as a boolean": (
        HEAD + "  rules:\n    - name: a\n      »on: x\n      status: {}\n",
        "the key 'on' is a boolean in YAML: quote it or choose another word",
    ),
    "a key that kubectl reads as a boolean": (
        HEAD + "  rules:\n    - name: a\n      each: {»n: '[1]'}\n      status: {}\n",
        "the key 'n' is a boolean to kubectl: quote it or choose another word",
    ),
    "a value that kubectl reads as a boolean": (
        HEAD + "  let: {a: »y}\n" + RULE,
        "'y' is a boolean to kubectl: quote it",
    ),
    "text that kubectl reads as a number": (
        HEAD + "  params: {a: »1e3}\n" + RULE,
        "'1e3' is a number to kubectl: quote it",
    ),
    "an octal of YAML 1.2": (HEAD + "  params: {a: »0o17}\n" + RULE, "'0o17' is a number to kubectl: quote it"),
    "a date that kubectl reads as text": (
        HEAD + "  params: {a: »2001-01-01}\n" + RULE,
        "'2001-01-01' is text to kubectl: quote it",
    ),
    "a time that YAML 1.1 reads as a number": (
        HEAD + "  params: {a: »12:30:00}\n" + RULE,
        "'12:30:00' is text to kubectl: quote it",
    ),
    "a let that is a word of CEL": (HEAD + "  let: {»'in': '1'}\n" + RULE, "the name 'in' is taken by the language"),
    "a parameter that is a word of CEL": (
        HEAD + "  let: {»'f(x, null)': x}\n" + RULE,
        "the name 'null' is taken by the language",
    ),
    "not YAML": (HEAD + "  rules: [{»: }\n", "not YAML: "),
    "another apiVersion": (
        HEAD.replace("ruleplane.dev/v1", "»ruleplane.dev/v2") + RULE,
        "apiVersion: expected 'ruleplane.dev/v1', found 'ruleplane.dev/v2'",
    ),
    "another kind": (
        HEAD.replace("RuleSet\n", "»RuleSets\n", 1) + RULE,
        "kind: expected RuleSet or Library, found 'RuleSets'",
    ),
    "a rule with two heads": (
        HEAD + "  rules:\n    - »name: a\n      status: {replicas: 1}\n      delete: {objects: rs}\n",
        "a rule has one head, not status and delete",
    ),
    "a condition that is and is not undone": (
        HEAD + "  rules:\n    - »name: a\n      when: 'true'\n      while: 'true'\n      status: {replicas: 1}\n",
        "a rule has one condition: `when` (make it so) or `while` (and undo it afterwards)",
    ),
    "undoing what cannot be undone": (
        HEAD + "  rules:\n    - »name: a\n      while: 'true'\n      delete: {objects: rs}\n",
        "`delete` cannot be undone: `while` goes with ensure, apply, status, keep; use `when`",
    ),
    "finalizing without a finalizer": (
        HEAD.replace("  component", "  »component")
        + "  rules:\n    - name: a\n      finalize: true\n      delete: {objects: rs}\n",
        "the rule a has `finalize`, and there is no `finalizer` that would wait for it",
    ),
    "a finalizer of a group": (
        HEAD.replace("  component", "  »component").replace("ReplicaSet}", "ReplicaSet, by: \"''\"}")
        + "  finalizer: {name: example.com/a, until: 'true'}\n  rules:\n    - name: a\n      delete: {objects: rs}\n",
        "a `finalizer` lies on one object: a group (`by`) cannot have one",
    ),
    "a rule without head": (HEAD + "  rules:\n    - »name: a\n", "a rule needs a head: one of ensure, apply,"),
    "two rules of one name": (
        HEAD.replace("  component", "  »component")
        + "  rules:\n    - {name: a, status: {replicas: 1}}\n    - {name: a, status: {replicas: 2}}\n",
        "two rules are called a",
    ),
    "a name that is none": (
        HEAD + "  rules:\n    - name: »Keep Replicas\n      status: {}\n",
        "spec.rules[0].name: a name of lower case letters, digits and `-` is expected, found 'Keep Replicas'",
    ),
    "no rules": (HEAD + "  rules: »[]\n", "spec.rules: at least one is needed, and this is empty"),
    "no component": (
        HEAD.replace("  component: test\n", "").replace("spec:", "»spec:") + RULE,
        "missing key 'component' in spec",
    ),
    "a relation found in two ways": (
        HEAD + "  watch:\n    pods: »{kind: v1/Pod, controlledBy: rs, ownedBy: rs}\n" + RULE,
        "a relation is found in one way, not by controlledBy and ownedBy",
    ),
    "theirs without ours": (
        HEAD + "  watch:\n    pods: »{kind: v1/Pod, theirs: it.spec.nodeName}\n" + RULE,
        "`theirs` and `ours` go together",
    ),
    "ensure neither counted nor keyed": (
        HEAD + PODS + "  rules:\n    - name: a\n      ensure: »{objects: pods, template: {kind: v1/Pod}}\n",
        "`ensure` is either counted (`count`) or keyed (`each` with `key`)",
    ),
    "apply without to": (
        HEAD + "  rules:\n    - »name: a\n      apply: {spec: {}}\n",
        "`apply` needs `to`: the object whose fields it sets",
    ),
    "an event without message": (
        HEAD + "  rules:\n    - name: a\n      event: »{reason: A}\n",
        "an event needs both `reason` and `message`",
    ),
}
NAMES = {
    "an unknown name": (HEAD + "  rules:\n    - name: a\n      when: »pods == 1\n      status: {}\n", "pods"),
    "an unknown function": (
        HEAD + "  rules:\n    - name: a\n      when: size(rs) > 0 && »isFine(rs)\n      status: {}\n",
        "isFine",
    ),
    "an unknown name in a template": (
        HEAD + '  rules:\n    - name: a\n      status: {replicas: "a${»pods}"}\n',
        "pods",
    ),
    "a name of the language": (
        HEAD + "  let:\n    »now: rs.spec\n" + RULE,
        "the name 'now' is taken by the language",
    ),
    "a name of the engine": (
        HEAD + "  let:\n    »ctx: rs.spec\n" + RULE,
        "the name 'ctx' is taken by the language",
    ),
    "a name used twice": (
        HEAD + PODS + "  let:\n    »pods: rs.spec\n" + RULE,
        "the name 'pods' is used already",
    ),
    "a let named as a function of a library or of CEL": (
        HEAD + "  let:\n    »size(x): x\n" + RULE,
        "the function 'size' exists already",
    ),
    "a let that uses itself": (
        HEAD + "  let:\n    »a: b + 1\n    b: a + 1\n" + RULE,
        "a uses b uses a: a let cannot use itself",
    ),
    "a signature that is none": (
        HEAD + "  let:\n    »f(x: x\n" + RULE.replace("rules:", "rules:"),
        "",
    ),
}
EXPRESSIONS = {
    "keeping what could not be found again": (
        HEAD + PODS + "  rules:\n    - name: a\n      each: {p: pods}\n      »while: 'true'\n"
        "      keep: {of: '${p}', in: spec.tolerations, mine: 'true', as: []}\n",
        "`keep` leaves no mark by which it could be undone once the primary is gone: give the rule set a `finalizer`",
    ),
    "a finalizer that waits for an unknown name": (
        HEAD + "  finalizer: {name: example.com/a, until: »ready}\n" + RULE,
        "ready",
    ),
    "a syntax error": (HEAD + "  rules:\n    - name: a\n      when: rs.spec.»&& true\n      status: {}\n", ""),
    "a syntax error in a block of text": (
        HEAD + "  rules:\n    - name: a\n      when: |-\n        rs.spec.replicas > 1\n        &&»\n      status: {}\n",
        "",
    ),
    "now as a value where the result is kept": (
        HEAD + '  rules:\n    - name: a\n      status: »{replicas: "${now}"}\n',
        "`now` stands alone on one side of <, <=, > or >=",
    ),
    "a namespace beside a way that has none": (
        HEAD + "  watch:\n    pods: {kind: v1/Pod, controlledBy: rs, »namespace: \"'a'\"}\n" + RULE,
        "`namespace` goes with name, selector, labels or selectedBy",
    ),
    "seen of what is no field": (
        HEAD + "  rules:\n    - name: a\n      when: »now > seen(1) + duration('1s')\n      status: {}\n",
        "seen() takes the path of a field below an object",
    ),
    "objects of another kind than the template": (
        HEAD
        + PODS
        + "  rules:\n    - name: a\n      ensure: {objects: pods, count: '1', template: {kind: »v1/Node}}\n",
        "`objects` are of kind v1/Pod, `template` is of kind v1/Node",
    ),
    "apply that sets nothing": (
        HEAD + '  rules:\n    - name: a\n      »apply: {to: "${rs}"}\n',
        "`apply` sets no field: give fields beside `to`",
    ),
    "an expression that is no text": (
        HEAD + "  rules:\n    - name: a\n      when: »1\n      status: {}\n",
        "spec.rules[0].when: a text is expected, found the number 1; write it in quotes: '1'",
    ),
}


@pytest.mark.parametrize(
    ("text", "message"),
    [pytest.param(*case, id=name) for table in (SHAPE, NAMES, EXPRESSIONS) for name, case in table.items()],
)
def test_a_mistake_is_shown_at_its_place(tmp_path, text, message):
    before = text.partition("»")[0]
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    path = tmp_path / "bad.yaml"
    path.write_text(text.replace("»", "", 1))
    with pytest.raises(SourceError) as caught:
        load([path])
    error = caught.value
    assert message in error.message, str(error)
    assert (error.file, error.line, error.column) == (str(path), line, column), str(error)
    findings = check_paths([path], libraries=[data_dir("rules") / "lib"])
    assert (line, column) in [(one.line, one.column) for one in findings if one.severity == "error"], findings


def test_the_message_shows_the_line_with_a_caret(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(HEAD + "  lets: {}\n" + RULE)
    with pytest.raises(SourceError) as caught:
        load([path])
    assert str(caught.value) == f"{path}:7:3: unknown key 'lets' in spec; did you mean 'let'?\n    lets: {{}}\n    ^"


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_bytes(HEAD.encode() + b"  doc: \xff\xfe\n")
    with pytest.raises(SourceError, match=rf"^{path}:7:1: not UTF-8 \(byte \d+\)"):
        load([path])


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no such rule file or directory"):
        load([tmp_path / "none.yaml"])


def test_an_unreadable_file_is_refused(tmp_path):
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="no such rule file or directory"):
        load([tmp_path / "dangling.yaml"])


def test_two_rule_sets_of_one_name_are_refused(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(HEAD + RULE)
    with pytest.raises(SourceError, match=r"b\.yaml:3:18: the rule set 'bad' exists already, in .*a\.yaml"):
        load([tmp_path])


def test_settings_for_nobody_are_refused(tmp_path):
    path = tmp_path / "good.yaml"
    path.write_text(HEAD + RULE)
    with pytest.raises(SourceError, match="settings are given for other: no such rule set"):
        load([path], {"other": {}})
    with pytest.raises(SourceError, match=r"the rule set has no setting size \(it has: none\)"):
        load([path], {"bad": {"size": 1}})


LIBRARY = "apiVersion: ruleplane.dev/v1\nkind: Library\nmetadata: {name: lib}\nspec:\n  functions:\n"


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        ("    f(x): g(x)\n    g(x): f(x)\n", "f calls g calls f: a function cannot call itself"),
        ("    size(x): x\n", "the function 'size' exists already"),
        ("    f(x): y + 1\n", "y"),
        ("    f(x): now\n", "now"),
    ],
)
def test_a_mistake_in_a_library_is_shown_at_its_place(tmp_path, functions, message):
    path = tmp_path / "lib.yaml"
    path.write_text(LIBRARY + functions)
    with pytest.raises(SourceError, match=rf"^{path}:6:\d+: .*{message}"):
        load([path])


def test_other_manifests_beside_rules_are_left_alone(tmp_path):
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n")
    (tmp_path / "rules.yaml").write_text(HEAD + RULE)
    assert [program.name for program in load([tmp_path])] == ["bad"]

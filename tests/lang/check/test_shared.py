"""Rules that write one list: `keep` beside `keep`, and beside heads that write the list or more than it."""

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
  for: {o: {kind: v1/Node}}
"""


@pytest.fixture
def found(tmp_path):
    def check(*rules, more="", other=()):
        path = tmp_path / "rules.yaml"
        text = HEAD + more + "  rules:\n" + "".join(f"    - {{name: r{n}, {rule}}}\n" for n, rule in enumerate(rules))
        if other:
            text += "---\n" + HEAD.replace("name: one", "name: two") + "  rules:\n"
            text += "".join(f"    - {{name: r{n}, {rule}}}\n" for n, rule in enumerate(other))
        path.write_text(text)
        findings = check_paths([path], libraries=[data_dir("rules") / "lib"])
        return [one for one in findings if one.code != "RP009"]  # guards would only lengthen these

    return check


def codes(findings):
    return [finding.code for finding in findings]


def keep(mine: str, wanted: str, condition: str = "", *, at: str = "metadata.finalizers") -> str:
    when = f'when: "{condition}", ' if condition else ""
    return f'{when}keep: {{of: "${{o}}", in: {at}, mine: "{mine}", as: {wanted}}}'


def taint(key: str) -> str:
    return f"[{{key: {key}, effect: NoSchedule}}]"


FIGHTS = [
    (keep("it == 'a/a'", "[a/a]"), keep("it == 'a/a'", "[]")),
    (keep("it == 'a/a'", "[a/a]"), keep("it.startsWith('a/')", "[]")),
    (keep("it.startsWith('a/')", "[a/a]"), keep("it.startsWith('a/')", "[a/b]")),
    (keep("true", "[a/a]"), keep("it == 'b/b'", "[b/b]")),
    (keep("it.key == 'a'", taint("a"), at="spec.taints"), keep("it.key != 'b'", "[]", at="spec.taints")),
    (keep("it == 'a/a'", "[a/a]"), 'apply: {to: "${o}", metadata: {finalizers: [b/b]}}'),
    (keep("it == 'a/a'", "[]"), 'apply: {to: "${o}", metadata: {finalizers: [a/a]}}'),
    (keep("it == 'a/a'", "[a/a]"), 'apply: {to: "${o}", metadata: {finalizers: null}}'),
]
DOUBTS = [
    (keep("it == 'a/a'", "[a/a]"), keep("it == o.metadata.name", "[]")),
    (keep("it == 'a/a'", "[a/a]"), keep("it == 'a/a'", "\"${o.metadata.name == 'x' ? dyn([]) : dyn(1)}\"")),
    (keep("it == 'a/a'", "[a/a]"), 'apply: {to: "${o}", metadata: {finalizers: "${[o.metadata.name].distinct()}"}}'),
    (
        keep("it.type == 'Ready'", '[{type: Ready, status: "True"}]', at="status.conditions"),
        "status: {conditions: \"${[o.metadata.name].map(n, dyn({'type': n, 'status': n}))}\"}",
    ),
    (
        keep("it.status == 'True'", "[]", at="status.conditions"),
        'status: {conditions: [{type: Ready, status: "True"}]}',
    ),
]
PEACE = [
    (keep("it == 'a/a'", "[a/a]"), keep("it.startsWith('a/')", "[a/a, a/b]")),
    (keep("it == o.metadata.name", "['${o.metadata.name}']"), keep("it != o.metadata.name", "[]")),
    (keep("it == 'a/a'", "[a/a]"), keep("it == 'b/b'", "[b/b]")),
    (keep("it.startsWith('a/')", "[a/a]"), keep("it.startsWith('b/')", "[]")),
    (keep("it == 'a/a'", "[]"), keep("it.startsWith('a/')", "[]")),
    (keep("it == 'a/a'", "[a/a]"), keep("it == 'a/a'", "[a/a]")),
    (keep("it == 'a/a'", "[a/a]", "o.spec.unschedulable"), keep("it == 'a/a'", "[]", "!o.spec.unschedulable")),
    (keep("it.key == 'a'", taint("a"), at="spec.taints"), keep("it.key == 'b'", taint("b"), at="spec.taints")),
    (keep("it.key == 'a'", "[]", at="spec.taints"), keep("it == 'a/a'", "[a/a]")),
    (keep("it == 'a/a'", "[a/a]"), 'apply: {to: "${o}", metadata: {labels: {a: b}}}'),
    (
        keep("it.type == 'Ready'", '[{type: Ready, status: "True"}]', at="status.conditions"),
        'status: {conditions: [{type: MemoryPressure, status: "False"}]}',
    ),
]


@pytest.mark.parametrize("rules", FIGHTS)
def test_two_that_take_each_others_elements_away_are_found(found, rules):
    (finding,) = found(*rules)
    assert (finding.code, finding.line) == ("RP012", 9)
    assert "one/r1 writes" in finding.message
    assert "as one/r0 does" in finding.message
    assert codes(found(*reversed(rules))) == ["RP012"]


@pytest.mark.parametrize("rules", DOUBTS)
def test_what_only_the_run_tells_is_doubted(found, rules):
    assert codes(found(*rules)) == ["RP013"]
    assert codes(found(*reversed(rules))) == ["RP013"]


@pytest.mark.parametrize("rules", PEACE)
def test_elements_that_are_told_apart_are_no_disagreement(found, rules):
    assert codes(found(*rules)) == []
    assert codes(found(*reversed(rules))) == []


def test_two_rule_sets_are_compared_as_well(found):
    one, other = FIGHTS[0]
    assert codes(found(one, other=[other])) == ["RP012"]
    assert codes(found(PEACE[0][0], other=[PEACE[0][1]])) == []


WATCH = "  watch: {pods: {kind: v1/Pod, theirs: it.spec.nodeName, ours: o.metadata.name}}\n"


def test_lists_of_each_that_exclude_each_other_are_no_disagreement(found):
    def labelled(value, listed):
        return f'each: {{p: "{listed}"}}, apply: {{to: "${{p}}", metadata: {{labels: {{x: "{value}"}}}}}}'

    fine = labelled("1", "pods.filter(p, isReady(p))"), labelled("2", "pods.filter(q, !isReady(q))")
    assert codes(found(*fine, more=WATCH)) == []
    assert codes(found(fine[0], labelled("2", "pods"), more=WATCH)) == ["RP013"]
    assert codes(found(labelled("1", "pods"), labelled("2", "pods"), more=WATCH)) == ["RP012"]


def test_what_a_relation_says_of_its_objects_is_a_condition(found):
    def kept(wanted, listed):
        of = f'keep: {{of: "${{p}}", in: metadata.finalizers, mine: "it == \'a/a\'", as: {wanted}}}'
        return f'each: {{p: "{listed}"}}, {of}'

    watch = WATCH.replace("}}", ", where: isReady(it)}, all: {kind: v1/Pod, selector: o.metadata.labels}}")
    out = "all.filter(p, !selects(o.metadata.labels, p.metadata.?labels.orValue({})))"
    assert codes(found(kept("[a/a]", "pods"), kept("[]", "all.filter(p, !isReady(p))"), more=watch)) == []
    assert codes(found(kept("[a/a]", "all"), kept("[]", f"pods + {out}"), more=watch)) == ["RP013"]
    assert codes(found(kept("[a/a]", "all"), kept("[]", out.replace("all", "pods")), more=watch)) == []


def test_a_rule_with_each_that_writes_one_field_each_time_otherwise_is_found(found):
    rule = 'each: {p: pods}, apply: {to: "${o}", metadata: {annotations: {last: "${p.metadata.name}"}}}'
    (finding,) = found(rule, more=WATCH)
    assert (finding.code, finding.column) == ("RP013", 18)
    assert finding.message == "one/r0 writes metadata.annotations.last of v1/Node once for each p, each time otherwise"
    kept = 'each: {p: pods}, keep: {of: "${o}", in: metadata.finalizers, mine: MINE, as: ["${p.metadata.name}"]}'
    assert codes(found(kept.replace("MINE", "\"it.startsWith('x')\""), more=WATCH)) == ["RP013"]
    for fine in (
        rule.replace("${p.metadata.name}", "${o.metadata.name}"),
        rule.replace("last:", '"${p.metadata.name}":'),
        rule.replace('"${o}"', '"${p}"'),
        f"when: p.metadata.name == 'a', {rule}",
        f"when: size(pods) <= 1, {rule}",
        kept.replace("MINE", "it == p.metadata.name"),
    ):
        assert codes(found(fine, more=WATCH)) == [], fine


HAS = "'a/a' in o.metadata.finalizers"


@pytest.mark.parametrize(
    "asked",
    [HAS, "o.metadata.?finalizers.orValue([]).exists(f, f == 'a/a')", "'a/a' in o.metadata.?finalizers.orValue([])"],
)
def test_rules_that_add_and_take_one_element_by_whether_it_is_there_are_found(found, asked):
    to, fro = keep("it == 'a/a'", "[a/a]", f"!({asked})"), keep("it == 'a/a'", "[]", asked)
    (finding,) = found(to, fro)
    assert finding.code == "RP014"
    assert "makes the condition hold of" in finding.message
    assert codes(found(to)) == []
    assert codes(found(to, keep("it == 'a/a'", "[]", f"({asked}) && now > tick(duration('1h'))"))) == ["RP014"]


def test_a_rule_that_undoes_itself_is_found(found):
    finalizer = "  finalizer: {name: a/b, until: 'true'}\n"
    for rule in (
        "while: \"!has(o.metadata.labels.x)\", apply: {to: '${o}', metadata: {labels: {x: '1'}}}",
        "while: \"o.metadata.?labels[?'y'].orValue('') == '' && !has(o.metadata.labels.x)\", "
        "apply: {to: '${o}', metadata: {labels: {x: '1'}}}",
        "while: \"!o.spec.?unschedulable.orValue(false)\", apply: {to: '${o}', spec: {unschedulable: true}}",
        keep("it == 'a/a'", "[a/a]", f"!({HAS})").replace("when:", "while:"),
    ):
        (finding,) = found(rule, more=finalizer)
        assert finding.code == "RP014", rule
        assert "one/r0 undoes itself for ever: what it writes to " in finding.message
        assert codes(found(rule.replace("while:", "when:"), more=finalizer)) == []
    for fine in (
        "while: has(o.metadata.labels.y), apply: {to: '${o}', metadata: {labels: {x: '1'}}}",
        "while: \"o.metadata.?labels[?'x'].orValue('1') == '1'\", apply: {to: '${o}', metadata: {labels: {x: '1'}}}",
        "while: o.spec.?unschedulable.orValue(false), apply: {to: '${o}', spec: {unschedulable: true}}",
    ):
        assert codes(found(fine, more=finalizer)) == [], fine

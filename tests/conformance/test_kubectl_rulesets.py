"""Real kubectl before a control plane: rule sets are applied, shown, explained, edited and deleted like any object."""

from __future__ import annotations

import json

import pytest

from support.kubectl import Kubectl
from support.plane import running

RULES = """\
apiVersion: ruleplane.dev/v1
kind: Library
metadata: {name: words}
spec:
  functions:
    greeting(name): "'hello-' + name"
---
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: greeter}
spec:
  doc: Every ConfigMap with a name to greet is greeted.
  component: examples
  for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.name)"}}
  rules:
    - name: greet
      doc: The greeting is a label.
      apply: {to: "${c}", metadata: {labels: {greeting: "${greeting(c.data.name)}"}}}
"""
SECOND = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: odd}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap}}
  rules:
    - name: greet
      KEY
      apply: {to: "${c}", metadata: {labels: {odd: "yes"}}}
"""


@pytest.fixture(scope="module", params=["1.37", "1.32"])
def kubectl(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with running(home / "data", nodes=0) as plane:
        kubectl = Kubectl(request.param, plane.kubeconfig, home)
        (home / "rules.yaml").write_text(RULES)
        kubectl("apply", "-f", "rules.yaml")
        kubectl("wait", "--for=condition=Loaded", "rset/greeter", "--timeout=20s")
        kubectl("create", "configmap", "a", "--from-literal=name=ann")
        kubectl("wait", "--for=jsonpath={.metadata.labels.greeting}=hello-ann", "cm/a", "--timeout=20s")
        yield kubectl


def refused(kubectl, text, *arguments):
    """What kubectl says to a manifest that is refused."""
    (kubectl.cwd / "odd.yaml").write_text(text)
    return kubectl.fails("apply", "-f", "odd.yaml", *arguments)


def test_get_shows_what_it_is_for_and_how_it_does(kubectl):
    kubectl("wait", "--for=jsonpath={.status.firings}=1", "rset/greeter", "--timeout=20s")
    header, row = kubectl("get", "rulesets", "greeter").splitlines()
    assert header.split() == ["NAME", "COMPONENT", "FOR", "LOADED", "FIRINGS", "ERRORS", "AGE"]
    assert row.split()[:6] == ["greeter", "examples", "v1/ConfigMap", "True", "1", "0"]
    wide = kubectl("get", "rset", "greeter", "-o", "wide").splitlines()
    assert wide[0].split()[7:] == ["REASON", "OBJECTS", "DOC"]
    assert "Every ConfigMap with a name to greet is greeted." in wide[1]
    assert kubectl("get", "rlib", "-o", "name").split() == ["library.ruleplane.dev/words"]


def test_describe_shows_conditions_errors_and_events(kubectl):
    kubectl("apply", "-f", "-", stdin=SECOND.replace("KEY", "when: int(c.data.name) > 0"))
    kubectl("wait", "--for=condition=Healthy=false", "rset/odd", "--timeout=20s")
    text = kubectl("describe", "rset", "odd")
    assert "RulesFail" in text
    assert "v1/ConfigMap/default/a" in text
    assert "spec.rules[0].when:1:1: int(): 'ann' is not an integer" in text
    assert "generation 1 is in force" in text
    kubectl("delete", "rset", "odd", "--timeout=20s")


def test_explain_knows_every_key_of_the_language(kubectl):
    text = kubectl("explain", "ruleset.spec.rules.ensure.template")
    assert "Fields that are kept" in text
    assert "As soon as this is true, make it so; nothing is undone later." in kubectl("explain", "ruleset.spec.rules")
    assert "Named pure functions" in kubectl("explain", "library.spec")


def test_an_edit_is_in_force_at_once(kubectl):
    patch = {"spec": {"functions": {"greeting(name)": "'hi-' + name"}}}
    kubectl("patch", "library", "words", "--type=merge", "-p", json.dumps(patch))
    kubectl("wait", "--for=jsonpath={.metadata.labels.greeting}=hi-ann", "cm/a", "--timeout=20s")
    kubectl("apply", "-f", "rules.yaml")
    kubectl("wait", "--for=jsonpath={.metadata.labels.greeting}=hello-ann", "cm/a", "--timeout=20s")


def test_a_bad_rule_set_is_refused_with_field_line_and_caret(kubectl):
    told = refused(kubectl, SECOND.replace("KEY", "when: size(cs) > 0"))
    assert 'The RuleSet "odd" is invalid: spec.rules[0].when: Invalid value: 1:6: ' in told
    assert "  size(cs) > 0\n       ^" in told


def test_an_unknown_key_is_refused_or_warned_of_as_for_custom_resources(kubectl):
    text = SECOND.replace("KEY", "whenn: 'true'")
    assert 'strict decoding error: unknown field "spec.rules[0].whenn"' in refused(kubectl, text)
    (kubectl.cwd / "odd.yaml").write_text(text)
    done = kubectl.run("apply", "-f", "odd.yaml", "--validate=warn", "--dry-run=server")
    assert 'unknown field "spec.rules[0].whenn"' in done.stderr


def test_who_deletes_a_library_in_use_is_told_what_holds_it(kubectl):
    done = kubectl.run("delete", "rlib", "words", "--wait=false")
    assert "Warning: words is called by the rule set greeter; it goes when nothing calls it any more" in done.stderr
    kubectl("create", "configmap", "b", "--from-literal=name=bob")
    kubectl("wait", "--for=jsonpath={.metadata.labels.greeting}=hello-bob", "cm/b", "--timeout=20s")
    kubectl("delete", "-f", "rules.yaml", "--timeout=20s")
    assert kubectl("get", "rset,rlib", "-o", "name") == ""
    kubectl("apply", "-f", "rules.yaml")


def test_a_deleted_rule_set_is_gone(kubectl):
    kubectl("apply", "-f", "-", stdin=SECOND.replace("KEY", "doc: All are odd."))
    kubectl("wait", "--for=jsonpath={.metadata.labels.odd}=yes", "cm/a", "--timeout=20s")
    kubectl("delete", "rset", "odd", "--timeout=20s")
    assert kubectl("get", "rset", "-o", "name").split() == ["ruleset.ruleplane.dev/greeter"]

"""What an installed rule set holds is undone under the text that made it: what is noted for that, and when not."""

from __future__ import annotations

import json

import pytest

from ruleplane.matcher.cache import Cache
from ruleplane.specs.virtual import VirtualCluster

LIBRARY = """\
apiVersion: ruleplane.dev/v1
kind: Library
metadata: {name: words}
spec:
  functions:
    isWanted(c): "'wanted' in c.data"
"""
RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: shadows}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap, where: has(c.data)}}
  watch: {made: {kind: v1/Secret, controlledBy: c}}
  rules:
    - name: shadow
      while: isWanted(c)
      ensure:
        objects: made
        count: "1"
        template: {kind: v1/Secret, type: Opaque}
        initial: {metadata: {generateName: "${c.metadata.name}-"}}
"""
OTHER = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: shadows}
spec:
  component: examples
  for: {ns: {kind: v1/Namespace}}
  rules:
    - name: note
      apply: {to: "${ns}", metadata: {labels: {noted: "yes"}}}
"""


@pytest.fixture
def cluster():
    cluster = VirtualCluster([])
    cluster.apply([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"wanted": "x"}}])
    cluster.apply(LIBRARY)
    cluster.apply(RULES)
    cluster.settle()
    assert len(cluster.list("secret")) == 1
    yield cluster
    cluster.close()


def status(cluster):
    return cluster.get("ruleset", "shadows")["status"]


def loaded(cluster):
    one = next(one for one in status(cluster)["conditions"] if one["type"] == "Loaded")
    return one["status"], one["reason"]


def test_the_text_is_noted_with_the_functions_that_it_calls_as_long_as_something_may_have_to_be_undone(cluster):
    kept = json.loads(status(cluster)["inForce"]["text"])
    assert kept["functions"] == {"isWanted(c)": "'wanted' in c.data"}
    assert kept["spec"] == cluster.get("ruleset", "shadows")["spec"]
    cluster.apply(OTHER)
    cluster.settle()
    assert "text" not in status(cluster)["inForce"]


def test_a_text_that_finds_what_the_old_one_made_takes_its_place_without_undoing_it(cluster):
    (before,) = cluster.list("secret")
    cluster.apply(RULES.replace("  rules:", "  doc: Edited.\n  rules:"))
    cluster.settle()
    assert [one["metadata"]["uid"] for one in cluster.list("secret")] == [before["metadata"]["uid"]]
    assert status(cluster)["inForce"]["generation"] == 2


def test_a_text_that_comes_back_while_it_is_undone_is_run_anew(cluster):
    cluster.apply(OTHER)
    assert cluster.step()
    cluster.apply(RULES)
    cluster.settle()
    assert loaded(cluster) == ("True", "Loaded")
    assert len(cluster.list("secret")) == 1


def test_after_a_crash_it_is_undone_under_the_functions_of_then(cluster):
    """The library has been changed and the rule set edited while nobody ran: the old meaning undoes."""
    installer = cluster.cluster.installer
    installer._dirty = installer._due = _Nothing()  # the controllers are dead, the API is not
    cluster.apply(LIBRARY.replace("'wanted' in c.data", "'never' in c.data") + "    other(): '1'\n")
    cluster.apply(OTHER)
    cluster.restart()
    bound = cluster.cluster.loop.find("shadows")
    assert bound.ending
    assert bound.program.calls == {"isWanted(c)": "'wanted' in c.data"}
    cluster.settle()
    assert cluster.list("secret") == []
    assert loaded(cluster) == ("True", "Loaded")


class _Nothing(dict):
    """Remembers nothing."""

    def __setitem__(self, key, value):
        pass

    def update(self, *_args):
        pass


def test_a_text_that_no_version_can_read_any_more_is_not_forgotten_silently(cluster):
    text = json.dumps({"spec": {"rules": []}, "functions": {}})
    cluster.patch("ruleset", "shadows", {"status": {"inForce": {"text": text}}}, subresource="status")
    cluster.restart()
    cluster.settle()
    assert loaded(cluster) == ("True", "Loaded"), "the same text runs on: nothing is to be undone"
    cluster.patch("ruleset", "shadows", {"status": {"inForce": {"text": text, "hash": "old"}}}, subresource="status")
    cluster.restart()
    cluster.delete("ruleset", "shadows")
    cluster.advance(60)
    assert loaded(cluster) == ("False", "CannotRetract")
    cluster.patch("ruleset", "shadows", {"metadata": {"finalizers": None}})
    assert cluster.find("ruleset", "shadows") is None, "by force"


def test_a_fault_of_the_engine_at_binding_stays_with_its_rule_set(cluster, monkeypatch):
    def fails(self, bound):
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as patched:
        patched.setattr(Cache, "_index", lambda *_: fails(None, None))
        cluster.apply(RULES.replace("name: shadows", "name: faulty"))
        cluster.settle()
    (condition,) = cluster.get("ruleset", "faulty")["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "EngineFault")
    assert "a bug of ours" in condition["message"]
    assert cluster.cluster.loop.find("faulty") is None
    assert loaded(cluster) == ("True", "Loaded")
    cluster.apply(RULES.replace("name: shadows", "name: faulty").replace("  rules:", "  doc: Mended.\n  rules:"))
    cluster.settle()
    assert cluster.cluster.loop.find("faulty") is not None

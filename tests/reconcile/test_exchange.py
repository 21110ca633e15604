"""A rule set that becomes one of another sort: asked about requests instead of reconciling, for groups instead of
objects, for another kind. What the old text held is undone first, then the new one begins; in files, and applied."""

from __future__ import annotations

import pytest

from ruleplane.errors import Forbidden
from ruleplane.specs.virtual import VirtualCluster

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: shop}
"""
RECONCILES = f"""\
{HEAD}
spec:
  component: examples
  for: {{c: {{kind: v1/ConfigMap, where: has(c.data)}}}}
  watch: {{made: {{kind: v1/Secret, controlledBy: c}}}}
  rules:
    - name: shadow
      while: "'wanted' in c.data"
      ensure:
        objects: made
        count: "1"
        template: {{kind: v1/Secret, type: Opaque}}
        initial: {{metadata: {{generateName: "${{c.metadata.name}}-"}}}}
    - name: note
      while: "true"
      apply: {{to: "${{c}}", metadata: {{labels: {{shadowed: "yes"}}}}}}
"""
ADMITS = f"""\
{HEAD}
spec:
  component: apiserver
  order: 10
  for: {{c: {{kind: v1/ConfigMap}}}}
  rules:
    - name: closed
      when: c.metadata.name == 'late'
      deny: the shop is closed
"""
LABELS = f"""\
{HEAD}
spec:
  component: examples
  for: {{c: {{kind: v1/ConfigMap, where: has(c.data)}}}}
  rules:
    - name: label
      apply: {{to: "${{c}}", metadata: {{labels: {{seen: "yes"}}}}}}
"""
GROUPS = f"""\
{HEAD}
spec:
  component: examples
  for: {{cs: {{kind: v1/ConfigMap, by: "it.data.room"}}}}
  watch: {{room: {{kind: v1/Namespace, name: group}}}}
  rules:
    - name: size
      when: room != null
      apply: {{to: "${{room}}", metadata: {{labels: {{size: "${{string(size(cs))}}"}}}}}}
"""
NAMESPACES = f"""\
{HEAD}
spec:
  component: examples
  for: {{ns: {{kind: v1/Namespace}}}}
  rules:
    - name: label
      apply: {{to: "${{ns}}", metadata: {{labels: {{seen: "yes"}}}}}}
"""


@pytest.fixture(params=["file", "applied"])
def given(request):
    """A cluster, and how a text is put in force there."""
    cluster = VirtualCluster([])
    cluster.apply(config("early", wanted="", room="default"))

    def put(text):
        if request.param == "applied":
            cluster.apply(text)
        elif any(bound.program.name == "shop" for bound in bounds(cluster)):
            cluster.replace(text)
        else:
            cluster.load(text)

    yield cluster, put
    cluster.close()


def config(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def bounds(cluster):
    loop = cluster.cluster.loop
    return (*loop.cache.bounds, *loop.admission.bounds)


def labels(cluster, word="configmap", name="early"):
    own = cluster.get(word, name)["metadata"].get("labels", {})
    return {name: value for name, value in own.items() if "/" not in name}


def closed(cluster):
    try:
        cluster.apply(config("late"))
    except Forbidden:
        return True
    cluster.delete("configmap", "late")
    return False


def test_a_rule_set_that_begins_to_admit_first_undoes_what_it_holds(given):
    cluster, put = given
    put(RECONCILES)
    cluster.settle()
    assert len(cluster.list("secret")) == 1
    put(ADMITS)
    cluster.settle()
    assert cluster.list("secret") == []
    assert labels(cluster) == {}
    assert closed(cluster)
    cluster.apply(config("other", wanted=""))
    cluster.settle()
    assert cluster.list("secret") == [], "the old text runs no more"


def test_a_rule_set_that_admits_may_begin_to_reconcile_what_is_there_and_what_comes(given):
    cluster, put = given
    put(ADMITS)
    cluster.settle()
    assert closed(cluster)
    put(RECONCILES)
    cluster.settle()
    assert not closed(cluster)
    assert labels(cluster) == {"shadowed": "yes"}
    assert len(cluster.list("secret")) == 1
    cluster.apply(config("other", wanted=""))
    cluster.settle()
    assert len(cluster.list("secret")) == 2


def test_what_leaves_nothing_to_undo_admits_at_once(given):
    cluster, put = given
    put(LABELS)
    cluster.settle()
    put(ADMITS)
    cluster.rest()
    assert closed(cluster)
    assert labels(cluster) == {"seen": "yes"}, "what `when` has made stays"
    assert len(bounds(cluster)) == 1


def test_there_and_back_before_anything_is_undone(given):
    cluster, put = given
    put(RECONCILES)
    cluster.settle()
    put(ADMITS)
    cluster.step()
    put(RECONCILES)
    cluster.settle()
    assert not closed(cluster)
    assert labels(cluster) == {"shadowed": "yes"}
    assert len(cluster.list("secret")) == 1
    assert [bound.ending for bound in bounds(cluster)] == [False]


@pytest.mark.parametrize("text", [GROUPS, NAMESPACES], ids=["groups", "another kind"])
def test_so_do_groups_and_other_kinds(given, text):
    cluster, put = given
    put(RECONCILES)
    cluster.settle()
    put(text)
    cluster.settle()
    assert cluster.list("secret") == []
    assert labels(cluster) == {}
    assert labels(cluster, "namespace", "default") == ({"size": "1"} if text is GROUPS else {"seen": "yes"})
    put(RECONCILES)
    cluster.settle()
    assert labels(cluster) == {"shadowed": "yes"}
    assert len(bounds(cluster)) == 1


def test_applied_it_says_so_in_its_status_and_a_restart_goes_on():
    cluster = VirtualCluster([])
    cluster.apply(config("early", wanted=""))
    cluster.apply(RECONCILES)
    cluster.settle()
    cluster.apply(ADMITS)
    cluster.step()
    cluster.restart()
    cluster.settle()
    assert cluster.list("secret") == []
    assert closed(cluster)
    status = cluster.get("ruleset", "shop")["status"]
    assert status["inForce"]["generation"] == 2
    assert next(one for one in status["conditions"] if one["type"] == "Loaded")["status"] == "True"
    cluster.close()

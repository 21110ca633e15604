"""Programs come, change and go while objects are there: what they share is kept, and what nobody uses is freed."""

from __future__ import annotations

import pytest

from ruleplane.lang.load import compile_documents
from ruleplane.lang.source import parse, shape
from ruleplane.matcher.cache import Cache
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.reconcile.choose import Memos
from ruleplane.reconcile.decide import Pass

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: NAME}
spec:
  component: test
  for: {node: {kind: v1/Node, where: "has(node.spec.podCIDR)"}}
  watch:
    here: {kind: v1/Pod, theirs: it.spec.nodeName, ours: node.metadata.name, where: "it.status.phase == 'PHASE'"}
    labelled: {kind: v1/Pod, selector: node.spec.selector, wakes: blocked}
    settings: {kind: v1/ConfigMap, namespace: "'default'", name: node.metadata.name}
    all: {kind: "*"}
  let:
    ready: here.filter(p, p.spec.priority > 0)
  rules:
    - name: report
      when: "seen(node.spec.podCIDR) > timestamp('1970-01-01T00:00:00Z')"
      status: {phase: "${string(size(ready) + size(labelled) + size(all))} ${settings == null}"}
"""


def program(name="one", phase="Running"):
    text = RULES.replace("NAME", name).replace("PHASE", phase)
    return compile_documents([(source, shape(source)) for source in parse(text, "test.yaml")])[0]


def pod(number, phase="Running", node="n1"):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p{number}", "namespace": "default", "labels": {"app": "x"}},
        "spec": {"nodeName": node, "priority": 1},
        "status": {"phase": phase},
    }


def node(name, cidr="10.0.0.0/24"):
    spec = {"podCIDR": cidr, "selector": {"app": "x"}} if cidr else {}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
def cache():
    cache = Cache(builtin_registry())
    yield cache
    cache.close()


@pytest.fixture
def woken():
    return []


def feed(cache, ref, key, obj, woken=None):
    cache.apply(ref, key, obj, lambda bound, name, own: (woken if woken is not None else []).append((bound, name)))


def decide(bound, key):
    """Decide a primary, and subscribe it as the loop does."""
    run = Pass(bound, key, bound.primary(key), 10**18, builtin_registry(), Schemas.builtin(), Memos(0), [], 0, {})
    decision = run.run()
    assert not decision.errors
    bound.subscribe(key, tuple(run.looked))
    return decision.effects[0].body["status"]["phase"]


def fed(cache):
    for number in range(3):
        feed(cache, "v1/Pod", f"default/p{number}", pod(number))
    feed(cache, "v1/Pod", "default/p3", pod(3, "Failed"))
    feed(cache, "v1/Node", "/n1", node("n1"))
    feed(cache, "v1/Node", "/n2", node("n2", ""))


def test_a_program_that_is_taken_out_leaves_nothing_behind(cache):
    bound = cache.bind(program())
    fed(cache)
    decide(bound, "/n1")
    cache.unbind(bound)
    assert (cache.kinds, cache.bounds, bound.looked) == ({}, [], {})


def test_what_another_program_uses_stays(cache):
    first = cache.bind(program("one"))
    fed(cache)
    decide(first, "/n1")
    second = cache.bind(program("two", "Failed"))
    decide(second, "/n1")
    cache.unbind(first)
    pods, nodes = cache.kinds["v1/Pod"], cache.kinds["v1/Node"]
    names = {"value:it.spec.nodeName::it.status.phase == 'Failed'", "labels:::"}
    assert {index.name for index in pods.indexes} == names
    assert (len(pods.conditions), len(nodes.conditions)) == (1, 1)
    assert (pods.alert, nodes.primaries) == ([second.relations["labelled"]], [second])
    assert cache.kinds["v1/ConfigMap"].named == {"default/n1": {second.relations["settings"]: {"/n1": None}}}
    assert nodes.seekers == {("spec", "podCIDR"): {second: None}}
    cache.unbind(second)
    assert cache.kinds == {}


def test_steps_kept_by_delta_go_with_the_text_that_declared_them(cache):
    first, second = cache.bind(program("one")), cache.bind(program("two"))
    fed(cache)
    decide(first, "/n1")
    decide(second, "/n1")
    (bucket,) = first.relations["here"].index.buckets.values()
    assert len(bucket.children) == 2
    cache.unbind(first)
    assert list(bucket.children) == second.program.derived


def test_a_program_bound_late_sees_what_is_there_already(cache):
    early = cache.bind(program("one"))
    fed(cache)
    late = cache.bind(program("two"))
    assert late.all_keys() == early.all_keys() == ["/n1"]
    assert decide(late, "/n1") == decide(early, "/n1") == "9 true"


def test_objects_of_a_kind_that_nobody_has_used_are_filled_in(cache):
    objects = {"/n1": node("n1"), "/n2": node("n2", "")}
    cache.fill("v1/Node", objects)
    cache.fill("*", {f"v1/Node|{key}": obj for key, obj in objects.items()})
    bound = cache.bind(program())
    assert bound.all_keys() == ["/n1"]
    assert decide(bound, "/n1") == "2 true"
    assert cache.kinds["*"].objects["v1/Node|/n1"].keys() == {"apiVersion", "kind", "metadata"}


def test_under_another_text_the_same_index_goes_on_and_the_other_one_goes(cache):
    bound = cache.bind(program())
    fed(cache)
    assert decide(bound, "/n1") == "9 true"
    here, labelled = (bound.relations[name].index for name in ("here", "labelled"))
    cache.rebind(bound, program(phase="Failed"))
    assert bound.relations["labelled"].index is labelled
    assert here not in cache.kinds["v1/Pod"].indexes
    assert len(cache.kinds["v1/Pod"].indexes) == 2
    assert decide(bound, "/n1") == "7 true"


def test_under_another_text_changes_wake_by_what_it_reads(cache, woken):
    bound = cache.bind(program())
    fed(cache)
    decide(bound, "/n1")
    cache.rebind(bound, program(phase="Failed"))
    decide(bound, "/n1")
    feed(cache, "v1/Pod", "default/p9", pod(9, "Failed"), woken)
    assert (bound, "/n1") in woken
    changed = pod(3, "Failed")
    changed["spec"] = {**changed["spec"], "priority": 5}
    woken.clear()
    feed(cache, "v1/Pod", "default/p3", changed, woken)
    assert (bound, "/n1") in woken


def test_a_value_that_is_seen_stays_seen_under_another_text(cache):
    bound = cache.bind(program())
    cache.apply("v1/Node", "/n1", node("n1"), lambda *_: None, now=5)
    assert cache.since("v1/Node", "/n1", ("spec", "podCIDR"), 7, bound) == 7
    cache.rebind(bound, program(phase="Failed"))
    assert cache.since("v1/Node", "/n1", ("spec", "podCIDR"), 9, bound) == 7


def test_a_value_in_no_bucket_does_not_break_the_index(cache):
    """A list within a list, or a map, cannot be looked up: it lies in no bucket."""
    text = RULES.replace("NAME", "odd").replace("theirs: it.spec.nodeName", "theirs: it.spec.odd")
    (odd,) = compile_documents([(source, shape(source)) for source in parse(text, "test.yaml")])
    bound = cache.bind(odd)
    for value in ([["a"], {"b": 1}, "c"], {"d": 1}):
        obj = pod(1)
        obj["spec"] = {"odd": value}
        obj["status"] = {"phase": "PHASE"}
        feed(cache, "v1/Pod", "default/p1", obj)
    assert bound.relations["here"].index.buckets == {}

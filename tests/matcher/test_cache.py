"""The cache: what indexes keep by delta equals a recomputation, and no change that matters fails to wake.

The oracle of waking decides by force: it evaluates the primary before and after a change, on caches filled anew; where
the outcome differs, the primary must have been woken.
"""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruleplane.lang.load import compile_documents, documents
from ruleplane.matcher.cache import Cache
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.reconcile.choose import Memos
from ruleplane.reconcile.decide import Pass

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: test}
spec:
  component: test
  for: {rs: {kind: apps/v1/ReplicaSet, where: "has(rs.spec.replicas)"}}
  watch:
    owned: {kind: v1/Pod, controlledBy: rs}
    selected: {kind: v1/Pod, selector: rs.spec.selector}
    placed: {kind: v1/Pod, theirs: it.spec.nodeName, ours: rs.spec.node, where: "it.status.phase != 'Failed'"}
    node: {kind: v1/Node, name: rs.spec.node}
    services: {kind: v1/Service, selectedBy: it.spec.selector}
  let:
    live: selected.filter(p, p.status.phase == 'Running')
  rules:
    - name: report
      status:
        replicas: "${size(live) + 10 * size(owned) + 100 * size(placed)}"
        readyReplicas: "${live.sum(p, p.spec.priority)}"
        observedGeneration: "${node == null ? 0 : node.spec.podCIDR == 'a' ? 1 : 2}"
        availableReplicas: "${size(services)}"
        fullyLabeledReplicas: "${rs.spec.replicas}"
"""
LABELS = st.fixed_dictionaries({}, optional={"app": st.sampled_from("xy"), "tier": st.sampled_from("ab")})
SELECTOR = st.sampled_from(
    [
        {"matchLabels": {"app": "x"}},
        {"matchLabels": {"app": "x", "tier": "a"}},
        {"matchExpressions": [{"key": "app", "operator": "In", "values": ["x", "y"]}]},
        {"matchExpressions": [{"key": "tier", "operator": "Exists"}]},
        {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]},
    ]
)
OWNER = st.sampled_from(
    [[], [{"uid": "rs-1", "controller": True}], [{"uid": "rs-2", "controller": True}], [{"uid": "rs-1"}]]
)
POD = st.builds(
    lambda labels, owner, node, phase, priority: {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": labels, "ownerReferences": owner},
        "spec": {"priority": priority, **({"nodeName": node} if node else {})},
        "status": {"phase": phase},
    },
    LABELS, OWNER, st.sampled_from(["", "n1", "n2"]), st.sampled_from(["Running", "Failed"]), st.integers(0, 2),
)  # fmt: skip
SET = st.builds(
    lambda labels, selector, node, replicas: {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"labels": labels},
        "spec": {"selector": selector, "node": node, **({"replicas": replicas} if replicas else {})},
    },
    LABELS, SELECTOR, st.sampled_from(["n1", "n2"]), st.integers(0, 2),
)  # fmt: skip
NODE = st.builds(
    lambda cidr: {"apiVersion": "v1", "kind": "Node", "metadata": {}, "spec": {"podCIDR": cidr}}, st.sampled_from("abc")
)
SERVICE = st.builds(
    lambda selector: {"apiVersion": "v1", "kind": "Service", "metadata": {}, "spec": {"selector": selector}}, LABELS
)


def changes(ref, namespace, names, values):
    return st.tuples(st.just(ref), st.just(namespace), st.sampled_from(names), st.none() | values)


CHANGES = st.lists(
    st.one_of(
        changes("v1/Pod", "default", ["p1", "p2", "p3"], POD),
        changes("v1/Pod", "other", ["p1"], POD),
        changes("apps/v1/ReplicaSet", "default", ["rs-1", "rs-2"], SET),
        changes("v1/Node", "", ["n1", "n2"], NODE),
        changes("v1/Service", "default", ["s1", "s2"], SERVICE),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(RULES)
    return compile_documents(documents([path]))


REGISTRY, SCHEMAS = builtin_registry(), Schemas.builtin()


class World:
    """A cache with one rule set, and what each primary's decision wants."""

    def __init__(self, programs):
        self.cache = Cache(REGISTRY, engine="closures")
        (self.bound,) = [self.cache.bind(program) for program in programs]
        self.memos = Memos(1)

    def apply(self, change, woken):
        ref, namespace, name, value = change
        if value is not None:
            value = copy.deepcopy(value)
            value["metadata"].update(name=name, namespace=namespace, uid=name)
        self.cache.apply(ref, f"{namespace}/{name}", value, lambda _, key, __: woken.add(key))

    def decide(self, key):
        primary = self.bound.primary(key)
        if primary is None:
            self.bound.subscribe(key, ())
            return None
        run = Pass(self.bound, key, primary, 0, REGISTRY, SCHEMAS, self.memos, [], 0, {})
        decision = run.run()
        self.bound.subscribe(key, tuple(run.looked))
        return [(e.verb, e.name, e.body) for e in decision.effects], decision.errors


@settings(max_examples=400, deadline=None)
@given(CHANGES)
def test_what_is_kept_equals_recomputation_and_no_change_is_missed(programs, log):
    kept, state, last = World(programs), {}, {}
    for change in log:
        woken: set[str] = set()
        kept.apply(change, woken)
        state[change[:3]] = change
        fresh = World(programs)
        for known in state.values():
            fresh.apply(known, set())
        for key in ("default/rs-1", "default/rs-2"):
            truth = fresh.decide(key)
            if key in woken or key not in last:
                last[key] = kept.decide(key)
            assert last[key] == truth, f"{change} should have woken {key}; woken: {woken}"


def test_a_field_that_nobody_reads_wakes_nobody(programs):
    world, woken = World(programs), set()
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": {"app": "x"}},
        "spec": {"priority": 1},
        "status": {"phase": "Running"},
    }
    rs = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {},
        "spec": {"replicas": 1, "node": "n", "selector": {"matchLabels": {"app": "x"}}},
    }
    world.apply(("v1/Pod", "default", "p1", pod), woken)
    world.apply(("apps/v1/ReplicaSet", "default", "rs-1", rs), woken)
    world.decide("default/rs-1")
    woken.clear()
    world.apply(("v1/Pod", "default", "p1", {**pod, "status": {"phase": "Running", "podIP": "10.0.0.1"}}), woken)
    assert woken == set()
    world.apply(("v1/Pod", "default", "p1", {**pod, "status": {"phase": "Failed"}}), woken)
    assert woken == {"default/rs-1"}

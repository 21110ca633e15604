"""The names of a pass, and what it leaves behind in memory: nothing that the collector would have to find."""

import gc
import weakref

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
metadata: {name: pairs}
spec:
  component: test
  for: {node: {kind: v1/Node}}
  watch: {maps: {kind: v1/ConfigMap, theirs: it.data.node, ours: node.metadata.name}}
  let: {named: "maps.map(m, m.metadata.name)"}
  rules:
    - name: pair
      ensure:
        objects: maps
        each: {called: "['a', 'b']"}
        key: object.metadata.name
        owner: none
        template: {kind: v1/ConfigMap, data: {node: "${node.metadata.name}"}}
        initial: {metadata: {name: "${called}", namespace: default}}
      event: {created: "made ${object.metadata.name} beside ${string(size(named))}"}
    - name: report
      status: {phase: "${string(size(named))}"}
"""


@pytest.fixture
def alone():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def bind(text):
    (program,) = compile_documents([(source, shape(source)) for source in parse(text, "test.yaml")])
    cache = Cache(builtin_registry())
    bound = cache.bind(program)
    cache.apply("v1/Node", "/n", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}, lambda *_: None)
    return cache, Pass(bound, "/n", bound.primary("/n"), 0, builtin_registry(), Schemas.builtin(), Memos(1), [], 0, {})


def test_a_let_may_be_called_fill():
    cache, run = bind(RULES.replace("named", "fill"))
    assert run.run().effects[-1].body == {"status": {"phase": "0"}}
    cache.close()


def test_a_pass_that_has_ended_goes_with_whoever_made_it_though_its_effects_stay(alone):
    cache, run = bind(RULES)
    decision = run.run()
    effects = decision.effects
    assert [effect.verb for effect in effects] == ["create", "create", "patch"]
    assert [notice.message for notice in effects[0].done(effects[0].body)] == ["made a beside 0"]
    scope = weakref.ref(run.scope)
    run.end()
    del run, decision
    assert scope() is None
    cache.close()

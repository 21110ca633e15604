"""Each rule set alone: given these objects at this instant, what does one decision want?

A case is ``<rule set>/<case>.input.yaml`` (``key``, ``objects``, perhaps ``now`` and ``refused``), and beside it
``<case>.effects.yaml``, which ``make rules UPDATE=1`` writes anew: read the difference before you commit it.
"""

import os
from functools import cache
from pathlib import Path

import pytest
import yaml

from ruleplane.clock import parse_rfc3339, rfc3339
from ruleplane.matcher.cache import Cache
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.crd import DEFINITION, serve
from ruleplane.model.data import data_dir
from ruleplane.model.kind import Registry
from ruleplane.model.schema import Schemas
from ruleplane.reconcile.choose import Memos
from ruleplane.reconcile.decide import Pass
from ruleplane.specs.virtual import bundled, programs_of

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*/*.input.yaml"))


@cache
def kinds():
    schemas, local = Schemas.builtin(), Registry()
    serve(yaml.safe_load_all((data_dir("schemas") / "node-kinds.yaml").read_text()), local, schemas)
    return Registry([*builtin_registry(), *local]), schemas


def complete(obj, number):
    """Objects are written down without what every stored one has."""
    metadata = {"uid": f"00000000-0000-4000-8000-{number:012d}", "resourceVersion": str(number)}
    metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
    return {**obj, "metadata": {**metadata, **obj["metadata"]}}


def decide(ruleset, case):
    registry, schemas = kinds()
    defined = [one for one in case["objects"] if f"{one['apiVersion']}/{one['kind']}" == DEFINITION]
    if defined:
        registry = Registry(registry)
        serve(defined, registry, schemas)
    program = next(one for one in programs_of(bundled()) if one.name == ruleset)
    now = parse_rfc3339(str(case.get("now", "2026-01-01T00:01:00Z")))
    cache_ = Cache(registry)
    bound = cache_.bind(program)
    for number, obj in enumerate(case["objects"], 1):
        obj = complete(obj, number)
        key = f"{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"
        cache_.apply(f"{obj['apiVersion']}/{obj['kind']}", key, obj, lambda *_: None, now=now)
    primary = bound.primary(case["key"])
    assert primary is not None, f"no primary {case['key']}: there are {bound.all_keys()}"
    run = Pass(bound, case["key"], primary, now, registry, schemas, Memos(1), case.get("refused", []), 0, {})
    decision = run.run()
    cache_.close()
    return decision


def told(notices):
    return [f"{one.type} {one.reason}: {one.message}" for one in notices]


def shown(effect):
    out = {"rule": ",".join(effect.rules), effect.verb: f"{effect.kind.kind} {effect.namespace}/{effect.name}"}
    for name in ("subresource", "body", "propagation", "guarded"):
        if getattr(effect, name):
            out[name] = getattr(effect, name)
    if effect.grace is not None:
        out["grace"] = effect.grace
    if effect.done is not None:
        out["events"] = told(effect.done(effect.body if effect.verb == "create" else {}))
    return out


def plain(value):
    """As plain YAML: views and tuples as lists."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, str | int | float | bool | None):
        return value
    return [plain(one) for one in value]


@pytest.mark.parametrize("path", CASES, ids=[f"{path.parent.name}-{path.name.partition('.')[0]}" for path in CASES])
def test_a_rule_set_wants_what_its_golden_says(path):
    decision = decide(path.parent.name, yaml.safe_load(path.read_text()))
    got = {"rules": decision.rules, "effects": [shown(effect) for effect in decision.effects]}
    if decision.notices:
        got["events"] = told(decision.notices)
    if decision.wake_at:
        got["wakeAt"] = rfc3339(decision.wake_at)
    if decision.errors:
        got["errors"] = [f"{rule}: {message}" for rule, message in decision.errors]
    if decision.blocked:
        got["blocked"] = True
    got = plain(got)
    golden = path.with_name(path.name.replace(".input.", ".effects."))
    if os.environ.get("UPDATE") == "1":
        golden.write_text(yaml.safe_dump(got, sort_keys=False, width=110), encoding="utf-8")
    assert golden.exists(), f"no {golden.name}: make rules UPDATE=1 writes it"
    assert got == yaml.safe_load(golden.read_text())


def test_every_bundled_rule_set_has_a_golden():
    assert {program.name for program in programs_of(bundled())} <= {path.parent.name for path in CASES}


def test_no_golden_is_left_without_its_input():
    inputs = {path.name.replace(".input.", ".effects.") for path in CASES}
    assert {path.name for path in HERE.glob("*/*.effects.yaml")} <= inputs

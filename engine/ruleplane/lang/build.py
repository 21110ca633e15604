"""From a rule set's text to a program: the order in which its names come to be."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.lang import cel
from ruleplane.lang.admission import NAMES, check_phase, compile_admission
from ruleplane.lang.lasting import compile_finalizer, leaves
from ruleplane.lang.lets import compile_lets
from ruleplane.lang.mistakes import noted
from ruleplane.lang.params import settings
from ruleplane.lang.program import Lazy, Program, Scope
from ruleplane.lang.reads import shortest
from ruleplane.lang.relations import compile_by, compile_first, compile_relation
from ruleplane.lang.rules import compile_rule
from ruleplane.lang.signature import RESERVED
from ruleplane.lang.unit import Unit
from ruleplane.lang.walk import closure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.errors import SourceError
    from ruleplane.lang.heads import CompiledRule
    from ruleplane.lang.library import Functions
    from ruleplane.lang.program import RelationSpec
    from ruleplane.lang.source import Source
    from ruleplane.model.ruleset import RuleSet


def build(
    source: Source, shape: RuleSet, functions: Functions, params: Mapping[str, Any] | None = None,
    told: list[SourceError] | None = None,
) -> Program:  # fmt: skip
    """Compile one rule set; ``params`` override its own defaults. Raises SourceError at the first mistake; given
    ``told``, those of relations, lets and rules are added to it first, and one of them is raised at the end."""
    spec = shape.spec
    ((primary, for_),) = spec.for_.items()
    if primary in RESERVED:
        raise source.error(f"the name {primary!r} is taken by the language", ("spec", "for", primary), key=True)
    setting = settings(source, spec.params, params or {})
    admission = compile_admission(source, shape)
    grouped = for_.by is not None
    unit = Unit(source, primary, functions.compiled, functions.definitions, grouped=grouped)
    if admission is not None:
        unit.names.update(NAMES)
        unit.names.remove("refused")  # a request has no previous firing
    fill: dict[str, Callable[[Any], Any]] = {
        "params": lambda _scope: setting.values,
        "refused": lambda scope: scope.ctx.refused(),
        "now": lambda scope: cel.Timestamp(scope.ctx.now()),
        "group": lambda scope: scope.ctx.group,
    }
    by = compile_by(unit, for_.by, ("spec", "for", primary, "by")) if for_.by is not None else None
    first = compile_first(unit, for_.first, ("spec", "for", primary, "first"))
    where, where_text = None, ""
    if for_.where is not None:
        variable = "it" if grouped else primary
        where, where_text = unit.condition(for_.where, ("spec", "for", primary, "where"), variable)
    for key, relation in spec.watch.items():
        with noted(told):
            compiled = compile_relation(unit, key, relation)
            if compiled.name in unit.names or compiled.name in unit.relations:
                raise source.error(f"the name {compiled.name!r} is used already", ("spec", "watch", key), key=True)
            unit.relations[compiled.name] = compiled
            _offer(unit, compiled, fill)
    with noted(told):
        fill.update(compile_lets(unit, spec.let))
    rules: list[CompiledRule] = []
    for index, rule in enumerate(spec.rules):
        with noted(told):
            rules.append(compile_rule(unit, index, rule))
    finalizer = compile_finalizer(unit, spec.finalizer) if spec.finalizer is not None else None
    if told:
        raise told[0]
    if admission is not None:
        for compiled_rule, written in zip(rules, spec.rules, strict=True):
            check_phase(source, admission, written, compiled_rule)
    scope: type[Scope] = type(
        f"Scope_{shape.metadata.name}", (Scope,), {name: Lazy(name, one) for name, one in fill.items()}
    )
    text = orjson.dumps([source.data, setting.written], option=orjson.OPT_SORT_KEYS)
    return Program(
        name=shape.metadata.name,
        component=spec.component,
        events_from=spec.source
        or (f"{shape.metadata.name}-controller" if spec.component == "controller-manager" else spec.component),
        doc=spec.doc,
        source=source,
        text_hash=hashlib.blake2b(text, digest_size=8).hexdigest(),
        primary=primary,
        kind=for_.kind,
        by=by,
        first=first,
        where=where,
        where_text=where_text,
        compiler=unit.compiler,
        definitions=unit.definitions,
        calls=closure(unit.called, functions.definitions),
        relations=unit.relations,
        derived=unit.lifter.specs,
        rules=rules,
        scope=scope,
        params=setting.values,
        param_shapes=setting.shapes,
        reads={name: shortest(paths) for name, paths in unit.reads.items()},
        kept={name: shortest(paths) for name, paths in unit.kept.items()},
        finalizer=finalizer,
        leaves=leaves(unit, for_, rules, spec),
        admission=admission,
    )


def _offer(unit: Unit, spec: RelationSpec, fill: dict[str, Callable[[Any], Any]]) -> None:
    if spec.params:

        def asked(scope: Scope, *args: Any) -> Any:
            return scope.ctx.relation(spec, scope, args)

        unit.functions[spec.name] = cel.Function(spec.name, asked, takes_scope=True)
    else:
        unit.names.add(spec.name)
        fill[spec.name] = lambda scope: scope.ctx.relation(spec, scope, ())

"""From heads to requests: `apply`, `status`, `keep`, `post`, `delete`; wishes for one object become one patch.

A wish that changes nothing is not sent. A patch whose expressions read the object that it writes carries that object's
resourceVersion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.merge import child
from ruleplane.api.strategies import settings
from ruleplane.clock import rfc3339
from ruleplane.errors import ApiError, EvaluationError
from ruleplane.lang import heads
from ruleplane.matcher.footprint import field_manager
from ruleplane.reconcile import hold
from ruleplane.reconcile.effect import ContradictionError, Effect, absent, changed_paths, combine, patched

if TYPE_CHECKING:
    from ruleplane.lang.heads import CompiledRule
    from ruleplane.model.kind import Kind
    from ruleplane.reconcile.decide import Pass


class Wishes:
    """Patches by object and subresource, while a pass runs."""

    def __init__(self, run: Pass) -> None:
        self.run = run
        self.patches: dict[tuple[str, str, str, str], tuple[Effect, dict[str, Any]]] = {}
        self.spoiled: set[tuple[str, str, str, str]] = set()
        self.held: dict[tuple[str, ...], hold.Held] = {}  # by target and manager

    def apply(self, rule: CompiledRule, head: heads.Apply, args: tuple[Any, ...]) -> Effect | None:
        """Fields of an object have these values."""
        run = self.run
        if head.to is None:
            obj = run.primary
        else:
            obj = head.to(run.scope, *args)
            if obj is None:
                return None
        if rule.lasting:
            return self.hold(rule.name, obj, head.fields(run.scope, *args), head.subresource, guarded=head.guarded)
        return self.patch(rule.name, obj, head.fields(run.scope, *args), head.subresource, guarded=head.guarded)

    def hold(self, rule: str, obj: Any, want: dict[str, Any], subresource: str, *, guarded: bool) -> Effect | None:
        """Wish that ``want`` holds on ``obj`` until it is given up. Raises EvaluationError, ContradictionError."""
        run = self.run
        kind, metadata = self.kind_of(obj)
        if subresource not in kind.subresources:
            subresource = ""
        own = run.bound.groups is None and metadata.get("uid") == run.identity
        name = run.bound.program.name
        manager = name if own else field_manager(name, run.key)
        node = run.schemas.node(kind)
        wish = hold.hold(kind, node, rule, obj, want, subresource, manager)
        wish.effect.guarded = guarded
        if wish.effect.target in self.spoiled:
            return None
        before = self.held.setdefault((*wish.effect.target, manager), wish)
        if before is not wish:
            self._merge(before.effect, wish.effect)
        return before.effect

    def give_up(self, obj: dict[str, Any], manager: str, subresource: str) -> None:
        """Nothing is held on ``obj`` any more, unless a rule of this pass wishes so."""
        kind, _ = self.kind_of(obj)
        rules = [
            rule.name
            for rule in self.run.bound.program.rules
            if rule.lasting and isinstance(rule.head, heads.Apply) and rule.name not in self.run.held
        ]
        wish = hold.give_up(kind, ",".join(rules) or "while", obj, subresource, manager)
        if wish.effect.target not in self.spoiled:
            self.held.setdefault((*wish.effect.target, manager), wish)

    def _merge(self, held: Effect, other: Effect) -> None:
        """Both wishes as one. Raises ContradictionError: nothing of that object is written then."""
        try:
            held.body = combine(self.run.schemas.node(held.kind), held.body, other.body)
        except ContradictionError as error:
            self.patches.pop(held.target, None)
            self.held = {key: wish for key, wish in self.held.items() if wish.effect.target != held.target}
            self.spoiled.add(held.target)
            rules = ", ".join((*held.rules, *other.rules))
            message = f"{held.kind.kind} {held.name}: {error} (rules {rules}); nothing of it is written"
            raise ContradictionError(message) from error
        held.rules += other.rules
        held.guarded = held.guarded or other.guarded

    def set(self, rule: CompiledRule, head: heads.Set, args: tuple[Any, ...]) -> Effect | None:
        """Admission: fields of the incoming object have these values, or get them where it does not say."""
        run = self.run
        want = head.fields(run.scope, *args)
        if head.under:
            want = absent(run.schemas.node(self.kind_of(run.primary)[0]), run.primary, want)
        return self.patch(rule.name, run.primary, want, "", guarded=False)

    def patch(self, rule: str, obj: Any, want: dict[str, Any], subresource: str, *, guarded: bool) -> Effect | None:
        """Wish ``want`` for ``obj``; None where it is so already. Raises EvaluationError, ContradictionError."""
        kind, metadata = self.kind_of(obj)
        node = self.run.schemas.node(kind)
        want = settings().of(kind).stored(self.run.resolved(node, obj, want))
        if patched(node, obj, want) is obj:
            return None
        if subresource and subresource not in kind.subresources:
            subresource = ""
        effect = Effect(
            "patch",
            kind,
            metadata.get("namespace", ""),
            metadata["name"],
            [rule],
            subresource,
            want,
            uid=metadata.get("uid", ""),
            guarded=guarded,
            seen=metadata.get("resourceVersion", ""),
        )
        target = effect.target
        if target in self.spoiled:
            return None
        before = self.patches.get(target)
        if before is None:
            self.patches[target] = (effect, obj)
            return effect
        self._merge(before[0], effect)
        return before[0]

    def keep(self, rule: CompiledRule, head: heads.Keep, args: tuple[Any, ...], *, none: bool = False) -> Effect | None:
        """Within a shared list, the elements that are mine are exactly these (``none``: there are no more of mine)."""
        run = self.run
        obj = head.of(run.scope, *args)
        if obj is None:
            return None
        have: Any = obj
        for name in head.path:
            have = have.get(name) if have.__class__ is dict else None
        have = have or []
        others = [item for item in have if head.mine(run.scope, *args, item) is not True]
        kind, metadata = self.kind_of(obj)
        node: Any = run.schemas.node(kind)
        for name in head.path:
            node = child(node, name)
        want = [*others, *(() if none else run.resolved(node, have, head.wanted(run.scope, *args)))]
        if len(want) == len(have) and all(item in have for item in want):
            return None
        body: Any = want or None
        for name in reversed(head.path):
            body = {name: body}
        effect = Effect(
            "patch",
            kind,
            metadata.get("namespace", ""),
            metadata["name"],
            [rule.name],
            head.subresource,
            body,
            "merge",
            uid=metadata.get("uid", ""),
            guarded=True,
            seen=metadata.get("resourceVersion", ""),
            paths=(".".join(head.path),),
        )
        run.add(effect)
        return effect

    def post(self, rule: CompiledRule, head: heads.Post, args: tuple[Any, ...]) -> Effect:
        """A subresource call."""
        run = self.run
        kind, metadata = self.kind_of(head.to(run.scope, *args))
        body = head.body(run.scope, *args) if head.body is not None else {}
        effect = Effect(
            "post",
            kind,
            metadata.get("namespace", ""),
            metadata["name"],
            [rule.name],
            head.subresource,
            body,
            uid=metadata.get("uid", ""),
            paths=(f"/{head.subresource}",),
        )
        run.add(effect)
        return effect

    def delete(self, rule: CompiledRule, head: heads.Delete, args: tuple[Any, ...]) -> None:
        """These objects are gone."""
        run = self.run
        objects = head.objects(run.scope, *args)
        if objects is None:
            return
        for obj in [objects] if isinstance(objects, dict) else list(objects):
            grace = head.grace(run.scope, *args) if head.grace is not None else None
            effect = self.deletion(rule.name, obj, grace)
            if effect is None:
                continue
            if head.propagation is not None:
                effect.propagation = head.propagation(run.scope, *args)
            if rule.events is not None and rule.events.deleted:
                notices = run.notices(rule, rule.events.deleted, (*args, obj))
                effect.done = lambda _obj, notices=notices: notices
            run.add(effect)

    def deletion(self, rule: str, obj: Any, grace: int | None) -> Effect | None:
        """The deletion of one object; None where it is being deleted already (unless the grace becomes shorter)."""
        kind, metadata = self.kind_of(obj)
        if "deletionTimestamp" in metadata:
            shorter = grace is not None and grace < metadata.get("deletionGracePeriodSeconds", 0)
            final = grace == 0 and not metadata.get("finalizers")
            if not shorter and not final:
                return None
        return Effect(
            "delete",
            kind,
            metadata.get("namespace", ""),
            metadata["name"],
            [rule],
            uid=metadata.get("uid", ""),
            seen=metadata.get("resourceVersion", ""),
            grace=grace,
        )

    def kind_of(self, obj: Any) -> tuple[Kind, dict[str, Any]]:
        """Kind and metadata of an object. Raises EvaluationError for what is none."""
        if not isinstance(obj, dict) or "metadata" not in obj or "kind" not in obj:
            raise EvaluationError(
                f"an object with apiVersion, kind and metadata was expected, found {type(obj).__name__}"
            )
        kind = self.run.registry.of(obj["apiVersion"], obj["kind"])
        if kind is None:
            raise EvaluationError(f"the kind {obj['apiVersion']}/{obj['kind']} is not served")
        return kind, obj["metadata"]

    def settle(self) -> None:
        """Every patch as a request, behind the creations and before the deletions of the pass."""
        held = self._held() if self.held else []
        if not self.patches and not held:
            return
        effects = self.run.decision.effects
        patches = []
        for effect, obj in self.patches.values():
            effect.paths = tuple(changed_paths(self.run.schemas.node(effect.kind), obj, effect.body))
            patches.append(effect)
        patches += held
        deletions = [effect for effect in effects if effect.verb == "delete"]
        if deletions:
            effects[:] = [*(effect for effect in effects if effect.verb != "delete"), *patches, *deletions]
        else:
            effects += patches

    def _held(self) -> list[Effect]:
        """What must be applied so that each manager holds exactly what it wishes. While a rule is at fault, nothing is
        given up: what it wishes is not known."""
        run = self.run
        for wish in list(self.held.values()):
            plain = self.patches.get(wish.effect.target)
            if plain is not None:
                try:
                    combine(run.schemas.node(wish.effect.kind), plain[0].body, wish.effect.body)
                except ContradictionError:
                    self._refuse(plain[0], wish.effect)
        lasting = [rule for rule in run.bound.program.rules if isinstance(rule.head, heads.Apply)]
        shrink = not any(rule.name in run.unsure for rule in lasting)
        out = []
        for wish in self.held.values():
            node = run.schemas.node(wish.effect.kind)
            try:
                effect = hold.request(wish, node, rfc3339(run.now()), shrink=shrink)
            except ApiError as error:
                run.failed(",".join(wish.effect.rules), error.message)
                continue
            if effect is not None:
                out.append(effect)
        return out

    def _refuse(self, plain: Effect, held: Effect) -> None:
        """Tell that a plain wish contradicts one under `while`."""
        try:
            self._merge(plain, held)
        except ContradictionError as error:
            self.run.failed(held.rules[-1], str(error))

"""The shape of a rule file: one ``RuleSet`` (a controller on one page) or one ``Library`` (named pure functions).

These models say what may be written where; what the expressions mean is ``lang``'s business. Unknown keys are refused.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from ruleplane.model.heads import Choose, Delete, Deny, Ensure, EventSpec, Keep, Post
from ruleplane.model.shape import QUALIFIED, Cel, Identifier, Name, Shape, Span, Template

API_VERSION = "ruleplane.dev/v1"

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]


class Metadata(Shape):
    """The name of the rule set is also the actor (field manager) of its writes."""

    name: Name = Field(description="Lower case letters, digits and `-`; given once among all rule sets.")
    labels: dict[str, str] = Field({}, description="Labels, as of any object.")
    annotations: dict[str, str] = Field({}, description="Annotations, as of any object.")


class Primary(Shape):
    """What the rule set is for: one reconcile per object of `kind`."""

    kind: str = Field(
        description="Kind of the primary, as group/version/Kind or v1/Kind; '*' is every kind, metadata only."
    )
    where: Cel | None = Field(
        None,
        description="Static condition on the object alone (called `it` beside `by`); others are never looked at.",
    )
    by: Cel | None = Field(
        None,
        description="One reconcile per value of this (over `it`): the variable is the list of the members, `group` the "
        "value.",
    )
    first: list[Cel] = Field([], description="The order of the queue: the least of these values goes first.")
    operations: list[Operation] | None = Field(
        None, description="Admission only: the operations that are looked at (default: CREATE and UPDATE)."
    )
    subresource: str = Field("", description="Admission only: the subresource that is written.")


class Relation(Shape):
    """Related objects: at once a read view and a trigger."""

    kind: str = Field(description="Kind of the related objects; '*' is every kind, metadata only.")
    theirs: Cel | None = Field(None, description="Value (or list) of a related object, called `it`, that meets `ours`.")
    ours: Cel | None = Field(None, description="Value (or list) that the related object's `theirs` must equal.")
    controlledBy: Cel | None = Field(None, description="The object whose uid is their controller owner reference.")  # noqa: N815 - the file's own key
    ownedBy: Cel | None = Field(None, description="The object whose uid is among their owner references.")  # noqa: N815
    name: Cel | None = Field(None, description="The one object of this name; null while there is none.")
    namespace: Cel | None = Field(
        None, description="With `name`, `labels`, `selector`: their namespace (default: the primary's)."
    )
    selector: Cel | None = Field(
        None, description="A metav1.LabelSelector (or plain label map) that their labels match."
    )
    selectedBy: Cel | None = Field(  # noqa: N815
        None, description="Path below `it` of their selector, which matches the primary's labels."
    )
    labels: dict[str, str] | None = Field(None, description="Labels with these values (templates).")
    where: Cel | None = Field(None, description="Static condition on a related object, called `it`.")
    wakes: Literal["all", "none", "blocked"] = Field(
        "all",
        description="Which primaries a change wakes: those that looked, none, or those whose `choose` found nobody.",
    )
    every: Span | None = Field(
        None, description="Polled so often instead of watched: for what cannot be watched (metrics)."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Relation:
        ways = [
            key
            for key in ("theirs", "controlledBy", "ownedBy", "name", "selector", "selectedBy", "labels")
            if getattr(self, key)
        ]
        if len(ways) > 1:
            raise ValueError(f"a relation is found in one way, not by {' and '.join(ways)}")
        if (self.theirs is None) != (self.ours is None):
            raise ValueError("`theirs` and `ours` go together: the related object's value meets the primary's")
        if self.every is not None and self.wakes != "all":
            raise ValueError(f"`every` wakes those that looked, each time: not with `wakes: {self.wakes}`")
        return self


ADMISSION = ("deny", "set", "default")
HEADS = ("ensure", "apply", "status", "keep", "delete", "choose", "post", *ADMISSION)
UNDOABLE = ("ensure", "apply", "status", "keep")


def _check_told(head: str, event: EventSpec) -> None:
    """Raise ValueError for an Event that this head would never tell."""
    moments = {"ensure": ("created", "deleted", "updated", "refused"), "delete": ("deleted",)}.get(head, ())
    given = [name for name in ("created", "deleted", "updated", "refused") if getattr(event, name) is not None]
    if head == "choose":
        raise ValueError("`choose` tells its Events under `then` and `none`")
    if moments and event.reason is not None:
        raise ValueError(f"`{head}` tells {', '.join(moments)}, not a single `reason` and `message`")
    never = [name for name in given if name not in moments]
    if never:
        raise ValueError(f"`{head}` never tells {', '.join(never)}: give `reason` and `message`")


class Rule(Shape):
    """One sentence of the controller: a condition, and a head that says what should be."""

    name: Name = Field(description="Names the rule in traces and errors; given once in a rule set.")
    doc: str = Field("", description="One sentence of present tense.")
    when: Cel | None = Field(None, description="As soon as this is true, make it so; nothing is undone later.")
    while_: Cel | None = Field(
        None, alias="while", description="It holds as long as this is true, and is undone when it no longer is."
    )
    finalize: bool = Field(
        False, description="Holds only while the object is being deleted, before the finalizer is taken off."
    )
    each: dict[Identifier, Cel] | None = Field(None, description="One firing per element of a list.")
    ensure: Ensure | None = Field(None, description="Head: these objects exist.")
    apply: dict[str, Any] | None = Field(None, description="Head: fields of the object `to` (optional `subresource`).")
    status: dict[str, Any] | None = Field(None, description="Head: fields of the primary's status.")
    keep: Keep | None = Field(None, description="Head: within a shared list, my elements are exactly these.")
    delete: Delete | None = Field(None, description="Head: these objects are gone.")
    choose: Choose | None = Field(None, description="Head: the best of these candidates.")
    post: Post | None = Field(None, description="Head: a subresource call.")
    deny: Deny | str | None = Field(None, description="Admission: refuse the request with this message (template).")
    set_: dict[str, Any] | None = Field(
        None, alias="set", description="Admission: fields that the incoming object gets, whatever it says."
    )
    default: dict[str, Any] | None = Field(
        None, description="Admission: fields that the incoming object gets where it does not say."
    )
    event: EventSpec | None = Field(None, description="A Kubernetes Event beside the head, or alone.")

    @property
    def head(self) -> str:
        """Which head the rule has; `event` when it has no other."""
        return next((head for head in HEADS if self._given(head) is not None), "event")

    def _given(self, head: str) -> Any:
        return self.set_ if head == "set" else getattr(self, head)

    @model_validator(mode="after")
    def _one_head(self) -> Rule:
        heads = [head for head in HEADS if self._given(head) is not None]
        if len(heads) > 1:
            raise ValueError(f"a rule has one head, not {' and '.join(heads)}")
        if not heads and self.event is None:
            raise ValueError(f"a rule needs a head: one of {', '.join(HEADS)}, event")
        if self.each is not None and len(self.each) != 1:
            raise ValueError("`each` takes one variable")
        if self.when is not None and self.while_ is not None:
            raise ValueError("a rule has one condition: `when` (make it so) or `while` (and undo it afterwards)")
        if self.while_ is not None and self.head not in UNDOABLE:
            raise ValueError(f"`{self.head}` cannot be undone: `while` goes with {', '.join(UNDOABLE)}; use `when`")
        if self.event is not None:
            _check_told(self.head, self.event)
        if self.apply is not None and "to" not in self.apply:
            raise ValueError("`apply` needs `to`: the object whose fields it sets")
        return self


class Finalizer(Shape):
    """What must be done before the primary may go: committed before any other effect, taken off when `until` holds."""

    name: str = Field(pattern=QUALIFIED, description="Qualified name, as example.com/backup.")
    until: Cel = Field(description="When everything is cleaned up.")


class Param(Shape):
    """One setting, with its type written out; a plain value is the default of a setting of its own type."""

    type: Literal["bool", "int", "double", "string", "duration", "quantity", "list", "map"]
    default: Any = Field(description="The value where none is given.")
    doc: str = Field("", description="One sentence: what it sets.")
    enum: list[Any] | None = Field(None, description="The values that may be given.")
    min: int | float | str | None = Field(
        None, description="The least that may be given: a number, or text as 1m, 2Gi."
    )
    max: int | float | str | None = Field(None, description="The most that may be given.")


class RuleSetSpec(Shape):
    """A controller on one page."""

    doc: str = Field("", description="One sentence of present tense.")
    component: str = Field(description="apiserver, controller-manager, scheduler, kubelet, … : who this is part of.")
    source: str | None = Field(
        None, description="Who its Events come from (default: the component; of a controller, its own name)."
    )
    for_: dict[Identifier, Primary] = Field(alias="for", description="The primary: one variable and its kind.")
    order: int | None = Field(
        None, description="Admission: this set is run on requests, in this order, each on the previous one's result."
    )
    finalizer: Finalizer | None = Field(None, description="What is cleaned up before the primary may go.")
    params: dict[Identifier, Any] = Field(
        {}, description="Settings: a default value, or a map with `type`, `default` and what may be given."
    )
    watch: dict[str, Relation] = Field({}, description="Relations; `name(x)` is a relation per x.")
    let: dict[str, Template] = Field({}, description="Lazy named values, and functions `name(x)`.")
    rules: list[Rule] = Field(min_length=1, description="At least one; their names differ.")

    @model_validator(mode="after")
    def _one_primary(self) -> RuleSetSpec:
        if len(self.for_) != 1:
            raise ValueError("`for` takes one variable")
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two rules are called {', '.join(twice)}")
        last = [rule.name for rule in self.rules if rule.finalize]
        if last and self.finalizer is None:
            raise ValueError(f"the rule {last[0]} has `finalize`, and there is no `finalizer` that would wait for it")
        if self.finalizer is not None and any(primary.by is not None for primary in self.for_.values()):
            raise ValueError("a `finalizer` lies on one object: a group (`by`) cannot have one")
        return self


class RuleSet(Shape):
    """A rule set file."""

    apiVersion: Literal["ruleplane.dev/v1"]  # noqa: N815 - Kubernetes' own key
    kind: Literal["RuleSet"]
    metadata: Metadata = Field(description="The name of the rule set.")
    spec: RuleSetSpec = Field(description="The controller.")


class TypedFunction(Shape):
    """A function with its types written out: CEL types (`int`, `list(string)`, `map(string, int)`), or kinds
    (`v1/Pod`)."""

    doc: str = Field("", description="One sentence: what it yields.")
    types: dict[Identifier, str] = Field({}, description="Parameter: its type (default: dyn).")
    returns: str = Field("dyn", description="The type of the value.")
    expr: Cel = Field(description="Its value.")


class LibrarySpec(Shape):
    """Named pure functions: `name(x, y): expression`, or a map with `types`, `returns` and `expr`."""

    doc: str = Field("", description="One sentence: what the functions are about.")
    functions: dict[str, Cel | TypedFunction] = Field(description="By signature: `name(x, y)`.")


class Library(Shape):
    """A library file."""

    apiVersion: Literal["ruleplane.dev/v1"]  # noqa: N815 - Kubernetes' own key
    kind: Literal["Library"]
    metadata: Metadata = Field(description="The name of the library.")
    spec: LibrarySpec = Field(description="The functions.")

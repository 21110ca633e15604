"""The shape of a rule file: one ``RuleSet`` (a controller on one page) or one ``Library`` (named pure functions).

These models say what may be written where; what the expressions mean is ``lang``'s business. Unknown keys are refused.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

API_VERSION = "ruleplane.dev/v1"

Cel = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=253)]
Template = Any  # JSON whose texts may hold ${CEL}


class Shape(BaseModel):
    """Strict base: an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class Metadata(Shape):
    """The name of the rule set is also the actor (field manager) of its writes."""

    name: Name
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Primary(Shape):
    """What the rule set is for: one reconcile per object of ``kind``."""

    kind: str = Field(
        description="Kind of the primary, as group/version/Kind or v1/Kind; '*' is every kind, metadata only."
    )
    where: Cel | None = Field(None, description="Static condition on the object alone; others are never looked at.")


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
        return self


class EventText(Shape):
    """A Kubernetes Event to record."""

    reason: str = Field(description="CamelCase word (template).")
    message: str = Field(description="For people (template).")
    type: str = Field("Normal", description="Normal or Warning (template).")


Moment = EventText | str | list[EventText]


class EventSpec(Shape):
    """Events beside a head: on what it did (`created`, `deleted`, `updated`, `refused`), or one (`reason`,
    `message`)."""

    created: Moment | None = None
    deleted: Moment | None = None
    updated: Moment | None = None
    refused: Moment | None = None
    reason: str | None = None
    message: str | None = None
    type: str = "Normal"
    about: str | None = Field(None, description="The object the event is about (default: the primary).")
    host: str | None = Field(None, description="The machine that tells it (template).")

    @model_validator(mode="after")
    def _whole(self) -> EventSpec:
        single = self.reason is not None or self.message is not None
        if single and (self.reason is None or self.message is None):
            raise ValueError("an event needs both `reason` and `message`")
        if not single and not (self.created or self.deleted or self.updated or self.refused):
            raise ValueError(
                "an event needs `reason` and `message`, or one of `created`, `deleted`, `updated`, `refused`"
            )
        return self


class Ensure(Shape):
    """These objects exist: `count` of anonymous ones, or one per key of `each`."""

    objects: Cel | dict[Identifier, Cel] = Field(
        description="The present ones, taken literally; {name: expr} names the variable."
    )
    count: Cel | None = Field(None, description="How many anonymous ones there should be.")
    each: dict[Identifier, Cel] | None = Field(None, description="One object per element of this list.")
    by: Cel | None = Field(None, description="The key of an element of `each` (default: the element itself).")
    key: Cel | None = Field(None, description="The key of a present object.")
    create: Cel | None = Field(None, description="Which of `missing` to create (default: all).")
    delete: Cel | None = Field(None, description="Which of `surplus`, in this order (default: all).")
    update: Cel | None = Field(None, description="Which of `different` to bring to the template (default: all).")
    template: Template = Field(
        description="Fields that are kept; `kind` and an optional `from` (starting value, creation only)."
    )
    initial: Template = Field(None, description="Fields given at creation only.")
    grace: Cel | None = Field(None, description="Grace period of deletions, in seconds.")
    owner: Literal["controller", "owner", "none"] | None = Field(
        None, description="Whether the primary owns what is made (default: as the relation of `objects` says)."
    )

    @model_validator(mode="after")
    def _counted_or_keyed(self) -> Ensure:
        if (self.count is None) == (self.each is None):
            raise ValueError("`ensure` is either counted (`count`) or keyed (`each` with `key`)")
        if isinstance(self.objects, dict) and len(self.objects) != 1:
            raise ValueError("`objects` takes one variable")
        if self.each is not None and (len(self.each) != 1 or self.key is None):
            raise ValueError("a keyed `ensure` has `each` with one variable, and `key`")
        if not isinstance(self.template, dict) or not isinstance(self.template.get("kind"), str):
            raise ValueError("`template` is a map with the `kind` of the objects")
        return self


class Keep(Shape):
    """Within a shared list, the elements that are mine are exactly these."""

    of: str = Field(description="The object (template).")
    in_: str = Field(alias="in", description="Path of the list, dots between fields.")
    mine: Cel = Field(description="Predicate over an element, called `it`.")
    as_: Template = Field(alias="as", description="The elements that should be there.")
    subresource: str = ""


class Delete(Shape):
    """These objects are gone."""

    objects: Cel = Field(description="One object, or a list of them.")
    propagation: str | None = Field(None, description="Background, Foreground or Orphan (template).")
    grace: Cel | None = Field(None, description="Grace period in seconds.")


class Post(Shape):
    """A subresource call."""

    to: str
    subresource: str
    body: Template = None


class Filter(Shape):
    """A candidate that does not pass is rejected with this message."""

    require: Cel
    each: dict[Identifier, Cel] | None = None
    message: str = Field(description="What users see (template).")
    final: bool = Field(False, description="Nothing that is running could be moved to change this verdict.")

    @model_validator(mode="after")
    def _one_variable(self) -> Filter:
        if self.each is not None and len(self.each) != 1:
            raise ValueError("`each` takes one variable")
        return self


class Score(Shape):
    """A value of a candidate, 0 to 100, times a weight."""

    value: Cel
    weight: int = 1


class Outcome(Shape):
    """What to do with the candidate chosen, or with none."""

    post: Post | None = None
    apply: dict[str, Any] | None = None
    status: dict[str, Any] | None = None
    event: EventSpec | None = None


class Choose(Shape):
    """The best of the candidates: exactly one further key names the variable and lists them."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, frozen=True)

    filters: dict[str, Filter] = {}
    scores: dict[str, Score] = {}
    then: Outcome
    none: Outcome | None = None

    @model_validator(mode="after")
    def _one_candidate_list(self) -> Choose:
        extra = self.model_extra or {}
        if len(extra) != 1 or not all(isinstance(value, str) for value in extra.values()):
            found = ", ".join(sorted(extra)) or "none"
            raise ValueError(
                "`choose` takes one variable with the list of candidates beside filters, scores, then, none "
                f"(found: {found})"
            )
        return self

    @property
    def candidates(self) -> tuple[str, str]:
        """Variable and list expression."""
        return next(iter((self.model_extra or {}).items()))


HEADS = ("ensure", "apply", "status", "keep", "delete", "choose", "post")


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

    name: Name
    doc: str = Field("", description="One sentence of present tense.")
    when: Cel | None = Field(None, description="As soon as this is true, make it so; nothing is undone later.")
    each: dict[Identifier, Cel] | None = Field(None, description="One firing per element of a list.")
    ensure: Ensure | None = None
    apply: dict[str, Any] | None = Field(None, description="Fields of the object `to` (optional `subresource`).")
    status: dict[str, Any] | None = Field(None, description="Fields of the primary's status.")
    keep: Keep | None = None
    delete: Delete | None = None
    choose: Choose | None = None
    post: Post | None = None
    event: EventSpec | None = None

    @property
    def head(self) -> str:
        """Which head the rule has; `event` when it has no other."""
        return next((head for head in HEADS if getattr(self, head) is not None), "event")

    @model_validator(mode="after")
    def _one_head(self) -> Rule:
        heads = [head for head in HEADS if getattr(self, head) is not None]
        if len(heads) > 1:
            raise ValueError(f"a rule has one head, not {' and '.join(heads)}")
        if not heads and self.event is None:
            raise ValueError(f"a rule needs a head: one of {', '.join(HEADS)}, event")
        if self.each is not None and len(self.each) != 1:
            raise ValueError("`each` takes one variable")
        if self.event is not None:
            _check_told(self.head, self.event)
        if self.apply is not None and "to" not in self.apply:
            raise ValueError("`apply` needs `to`: the object whose fields it sets")
        return self


class RuleSetSpec(Shape):
    """A controller on one page."""

    doc: str = ""
    component: str = Field(description="apiserver, controller-manager, scheduler, kubelet, … : who this is part of.")
    source: str | None = Field(
        None, description="Who its Events come from (default: the component; of a controller, its own name)."
    )
    for_: dict[Identifier, Primary] = Field(alias="for", description="The primary: one variable and its kind.")
    params: dict[Identifier, Any] = Field({}, description="Settings and their defaults.")
    watch: dict[str, Relation] = Field({}, description="Relations; `name(x)` is a relation per x.")
    let: dict[str, Template] = Field({}, description="Lazy named values, and functions `name(x)`.")
    rules: list[Rule] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_primary(self) -> RuleSetSpec:
        if len(self.for_) != 1:
            raise ValueError("`for` takes one variable")
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two rules are called {', '.join(twice)}")
        return self


class RuleSet(Shape):
    """A rule set file."""

    apiVersion: Literal["ruleplane.dev/v1"]  # noqa: N815 - Kubernetes' own key
    kind: Literal["RuleSet"]
    metadata: Metadata
    spec: RuleSetSpec


class LibrarySpec(Shape):
    """Named pure functions: `name(x, y): expression`."""

    doc: str = ""
    functions: dict[str, Cel]


class Library(Shape):
    """A library file."""

    apiVersion: Literal["ruleplane.dev/v1"]  # noqa: N815 - Kubernetes' own key
    kind: Literal["Library"]
    metadata: Metadata
    spec: LibrarySpec

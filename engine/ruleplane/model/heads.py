"""The shapes of heads: what a rule says should be."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from ruleplane.model.shape import Cel, Identifier, Shape, Template


class EventText(Shape):
    """A Kubernetes Event to record."""

    reason: str = Field(description="CamelCase word (template).")
    message: str = Field(description="For people (template).")
    type: str = Field("Normal", description="Normal or Warning (template).")


Moment = EventText | str | list[EventText]


class EventSpec(Shape):
    """Events beside a head: on what it did (`created`, `deleted`, `updated`, `refused`), or one (`reason`,
    `message`)."""

    created: Moment | None = Field(None, description="Beside `ensure`: told for each object made, called `object`.")
    deleted: Moment | None = Field(None, description="Beside `ensure` and `delete`: told for each object deleted.")
    updated: Moment | None = Field(None, description="Beside `ensure`: told for each object brought to the template.")
    refused: Moment | None = Field(None, description="Beside `ensure`: told for a refused creation, with its `error`.")
    reason: str | None = Field(None, description="CamelCase word (template); goes with `message`.")
    message: str | None = Field(None, description="For people (template); told when the head has changed something.")
    type: str = Field("Normal", description="Normal or Warning (template).")
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
    subresource: str = Field("", description="The subresource that is written (default: the object itself).")


class Delete(Shape):
    """These objects are gone."""

    objects: Cel = Field(description="One object, or a list of them.")
    propagation: str | None = Field(None, description="Background, Foreground or Orphan (template).")
    grace: Cel | None = Field(None, description="Grace period in seconds.")


class Post(Shape):
    """A subresource call."""

    to: str = Field(description="The object (template).")
    subresource: str = Field(description="As binding, eviction, token.")
    body: Template = Field(None, description="What is posted (template).")


class Filter(Shape):
    """A candidate that does not pass is rejected with this message."""

    require: Cel = Field(description="Whether the candidate passes.")
    each: dict[Identifier, Cel] | None = Field(
        None, description="`require` is asked for each element of this list; the message of every failing one counts."
    )
    message: str = Field(description="What users see (template).")
    final: bool = Field(False, description="Nothing that is running could be moved to change this verdict.")

    @model_validator(mode="after")
    def _one_variable(self) -> Filter:
        if self.each is not None and len(self.each) != 1:
            raise ValueError("`each` takes one variable")
        return self


class Score(Shape):
    """A value of a candidate, 0 to 100, times a weight."""

    value: Cel = Field(description="A number, 0 to 100.")
    weight: int = Field(1, description="What the value is multiplied by.")
    normalize: Literal["highest", "lowest"] | None = Field(
        None,
        description="Scale to 0 to 100 over the candidates that passed: by the highest value, or so that low is good.",
    )


class Outcome(Shape):
    """What to do with the candidate chosen, or with none."""

    post: Post | None = Field(None, description="A subresource call.")
    apply: dict[str, Any] | None = Field(None, description="Fields of the object `to` (optional `subresource`).")
    status: dict[str, Any] | None = Field(None, description="Fields of the primary's status.")
    set_: dict[str, Any] | None = Field(
        None, alias="set", description="Admission: fields that the incoming object gets, whatever it says."
    )
    event: EventSpec | None = Field(None, description="An Event, told when the request is done.")

    @model_validator(mode="after")
    def _set_alone(self) -> Outcome:
        if self.set_ is not None and (self.apply or self.status or self.post):
            raise ValueError("`set` stands alone: without `apply`, `status`, `post`")
        return self


class Choose(Shape):
    """The best of the candidates: exactly one further key names the variable and lists them."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, frozen=True)

    filters: dict[str, Filter] = Field({}, description="By name, in order: the first that fails is the verdict.")
    scores: dict[str, Score] = Field({}, description="By name: weighted values, added; the highest sum wins.")
    enough: Cel | None = Field(
        None, description="How many candidates that pass are enough: the others are not looked at (0: look at all)."
    )
    then: Outcome = Field(description="What to do with the candidate chosen.")
    none: Outcome | None = Field(None, description="What to do when no candidate passes; `rejections` says why.")

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


class Deny(Shape):
    """Admission: refuse the request."""

    message: str = Field(description="Why, for the person who asked (template).")
    reason: Literal["Forbidden", "Invalid"] = Field(
        "Forbidden", description="The Status reason: Forbidden (403) or Invalid (422)."
    )
    field: str = Field("", description="With Invalid: the path of the field that is at fault (template).")

    @model_validator(mode="after")
    def _field_of_invalid(self) -> Deny:
        if self.field and self.reason != "Invalid":
            raise ValueError("`field` goes with `reason: Invalid`: a request is not forbidden for one field")
        return self

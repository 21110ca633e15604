"""Steps about objects of any kind: made, changed, deleted, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from pytest_bdd import parsers, step

from ruleplane.errors import ApiError
from ruleplane.specs.claims import claim, counted, pattern
from ruleplane.specs.selection import Mismatch, Selection, read_value
from ruleplane.specs.together import at_once
from ruleplane.trace.paths import split

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster


@step(parsers.re(r"the manifests?(?: (?:is|are) applied)?:"))
def applied(cluster: VirtualCluster, docstring: str) -> None:
    """As ``kubectl apply --server-side`` does."""
    cluster.apply(docstring)


@step(parsers.re(r"somebody tries to apply the manifest(?P<dry>, as a dry run)?:"))
def tried(cluster: VirtualCluster, docstring: str, dry: str | None) -> None:
    """It may be refused: say then how."""
    cluster.refusal = ""
    try:
        cluster.apply(docstring, dry_run=bool(dry))
    except ApiError as error:
        cluster.refusal = error.message


@step("the manifests are applied at the same instant:")
def tried_at_once(cluster: VirtualCluster, docstring: str) -> None:
    """Each has read what there is before any of them commits; some may be refused."""
    refusals = at_once(cluster.cluster.store, [*cluster.applying(docstring)])
    cluster.refusal = "\n".join(error.message for error in refusals)


@step(parsers.re(pattern(r"somebody tries to patch (?:the (?P<part>status) of )?{objects}:")))
def tried_to_patch(cluster: VirtualCluster, objects: str, part: str | None, docstring: str) -> None:
    """A merge patch that may be refused: say then how."""
    cluster.refusal = ""
    try:
        for obj in Selection.parse(objects).some(cluster):
            cluster.patch_object(obj, yaml.safe_load(docstring), part or "")
    except ApiError as error:
        cluster.refusal = error.message


@claim('(?:the|one) request is (?:refused with "{text}"|(?P<granted>granted))')
def refused(cluster: VirtualCluster, text: str | None, granted: str | None) -> None:
    """The last one that was tried."""
    if text not in cluster.refusal if text is not None else cluster.refusal:
        raise Mismatch(f"the answer was {cluster.refusal!r}")


@step(parsers.re(pattern(r"somebody tries to delete {objects}")))
def tried_to_delete(cluster: VirtualCluster, objects: str) -> None:
    """It may be refused: say then how."""
    cluster.refusal = ""
    try:
        for obj in Selection.parse(objects).some(cluster):
            cluster.delete_object(obj)
    except ApiError as error:
        cluster.refusal = error.message


@step(
    parsers.re(pattern(r"{objects} (?:is|are) deleted(?: with grace (?P<grace>\d+))?(?:, (?P<how>foreground|orphan))?"))
)
def deleted(cluster: VirtualCluster, objects: str, grace: str | None, how: str | None) -> None:
    """As ``kubectl delete`` does; ``foreground``, ``orphan``: what becomes of dependents."""
    options: dict[str, Any] = {}
    if grace is not None:
        options["gracePeriodSeconds"] = int(grace)
    if how:
        options["propagationPolicy"] = how.capitalize()
    for obj in Selection.parse(objects).some(cluster):
        cluster.delete_object(obj, **options)


@step(parsers.re(pattern(r"{objects} belongs? to {owners:objects}")))
def belongs(cluster: VirtualCluster, objects: str, owners: str) -> None:
    """Its owner references are these objects, none of them its controller."""
    references = [
        {**{key: owner[key] for key in ("apiVersion", "kind")}, **{k: owner["metadata"][k] for k in ("name", "uid")}}
        for owner in Selection.parse(owners).some(cluster)
    ]
    for obj in Selection.parse(objects).some(cluster):
        cluster.patch_object(obj, {"metadata": {"ownerReferences": references}})


@step(parsers.re(pattern(r"(?:the (?P<part>status) of )?{objects} (?:is|are) patched:")))
def patched(cluster: VirtualCluster, objects: str, part: str | None, docstring: str) -> None:
    """A merge patch, as YAML."""
    for obj in Selection.parse(objects).some(cluster):
        cluster.patch_object(obj, yaml.safe_load(docstring), part or "")


@step(parsers.re(pattern(r"{field} of {objects} (?:is set to {value}|(?P<away>is removed))")))
def set_to(cluster: VirtualCluster, field: str, objects: str, value: str | None, away: str | None) -> None:
    """One field."""
    body: Any = None if value is None or away else read_value(value)
    for name in reversed(split(field)):
        body = {name: body}
    for obj in Selection.parse(objects).some(cluster):
        cluster.patch_object(obj, body, "status" if field.startswith("status.") else "")


@step(parsers.re(pattern(r'{objects} (?:is|are) labelled anew "{text}"')))
def labelled(cluster: VirtualCluster, objects: str, text: str) -> None:
    """``key=value`` sets, ``key-`` removes, as ``kubectl label`` takes it."""
    labels = {
        part.removesuffix("-") if part.endswith("-") else part.partition("=")[0]: None
        if part.endswith("-")
        else part.partition("=")[2]
        for part in text.split(",")
    }
    for obj in Selection.parse(objects).some(cluster):
        cluster.patch_object(obj, {"metadata": {"labels": labels}})


@claim("there (?:is|are) {count} {objects}")
def there_are(cluster: VirtualCluster, count: str, objects: Selection) -> None:
    """So many, at most or at least so many, or none."""
    found = objects.find(cluster)
    if not counted(have := len(found), count):
        names = ", ".join(o["metadata"]["name"] for o in found[:10])
        raise Mismatch(f"there are {have} {objects.text}{f': {names}' if names else ''}", found[:1])


@claim("{objects} exists?")
def exists(cluster: VirtualCluster, objects: Selection) -> None:
    """There is one."""
    objects.some(cluster)


@claim("{objects} (?:does not exist|is gone|are gone)")
def is_gone(cluster: VirtualCluster, objects: Selection) -> None:
    """There is none."""
    found = objects.find(cluster)
    if found:
        raise Mismatch(f"{objects.text} is still there", found)


@claim("{objects} (?:is|are) being deleted")
def terminating(cluster: VirtualCluster, objects: Selection) -> None:
    """It has a deletion timestamp."""
    for obj in objects.some(cluster):
        if "deletionTimestamp" not in obj["metadata"]:
            raise Mismatch(f"{obj['metadata']['name']} is not being deleted", [obj])

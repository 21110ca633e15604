"""Clients' writes become records; the rules' own do not."""

from __future__ import annotations

from types import SimpleNamespace

from ruleplane.clock import VirtualClock
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.model.trace import Cause, EffectRecord, Firing
from ruleplane.store.base import Entry
from ruleplane.trace.recorder import Recorder
from ruleplane.trace.requests import RequestListener

POD = "v1/Pod/default/web"
KIND = builtin_registry().get("v1/Pod")


def entry(revision, **spec):
    value = {"metadata": {"name": "web", "namespace": "default", "uid": "u"}, "spec": spec}
    return Entry("core/pods/default/web", value, revision, 1, 1)


def write(verb, current, previous, firing=0, subresource=""):
    user = SimpleNamespace(name="admin")
    revision = (current or previous).revision
    return SimpleNamespace(
        call=SimpleNamespace(actor="kubectl-edit", user=user, firing=firing), verb=verb, kind=KIND,
        entry=current, previous=previous, revision=revision, subresource=subresource,
    )  # fmt: skip


def listen(*writes):
    recorder = Recorder()
    listener = RequestListener(recorder, Schemas.builtin(), VirtualClock())
    for one in writes:
        listener(one)
    return recorder.log.after(0, 10)


def test_a_clients_write_is_recorded_with_the_fields_that_it_changed():
    (record,) = listen(write("patch", entry(5, nodeName="a", hostname="h"), entry(4, hostname="h")))
    assert (record.user, record.actor, record.verb) == ("admin", "kubectl-edit", "patch")
    assert (record.ref, record.uid, record.revision, record.paths) == ("v1/Pod/default/web", "u", 5, ("spec.nodeName",))


def test_a_creation_and_a_deletion_are_about_every_field():
    created, deleted = listen(write("create", entry(5), None), write("delete", None, entry(5)))
    assert (created.paths, deleted.paths) == ((), ())


def test_a_write_made_by_a_firing_is_left_to_the_loop():
    assert listen(write("patch", entry(5, nodeName="a"), entry(4), firing=7)) == []


def test_what_a_firings_subresource_call_changed_is_filled_into_its_record():
    recorder = Recorder()
    listener = RequestListener(recorder, Schemas.builtin(), VirtualClock())
    number = recorder.next_id()
    listener(write("post", entry(5, nodeName="a"), entry(4), firing=number, subresource="binding"))
    effects = (
        EffectRecord("bind", "post", POD, "u", "binding", "done", 5, ("/binding",)),
        EffectRecord("bind", "patch", POD, "u", "status", "done", 6, ("status.phase",)),
    )
    recorder.record(Firing(number, 0, "default", "scheduler", POD, Cause("watch", POD, 4), effects=effects))
    (record,) = recorder.log.after(0, 10)
    assert [effect.paths for effect in record.effects] == [("spec.nodeName",), ("status.phase",)]

"""Admission rule sets over a whole cluster: exact under concurrency, and told apart from what reconciles."""

from __future__ import annotations

from types import coroutine
from typing import Any

import pytest

from ruleplane.api.call import Call, User
from ruleplane.api.transaction import TRIES
from ruleplane.errors import Conflict, Forbidden, InternalError, Invalid, SourceError
from ruleplane.lang.load import compile_documents
from ruleplane.lang.source import parse, shape
from ruleplane.model.trace import Firing
from ruleplane.specs.virtual import VirtualCluster
from support.drive import drive

QUOTA = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: seats}
spec:
  component: apiserver
  order: 10
  for: {guest: {kind: v1/Secret}}
  watch:
    room: {kind: v1/ConfigMap, name: "'room'"}
  let:
    taken: int(room.data.taken)
  rules:
    - name: full
      when: taken >= int(room.data.seats)
      deny: "all ${room.data.seats} seats are taken"
    - name: take
      when: taken < int(room.data.seats)
      apply: {to: "${room}", data: {taken: "${string(taken + 1)}"}}
"""
ROOM = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "room"},
    "data": {"seats": "1", "taken": "0"},
}


@coroutine
def _pause() -> Any:
    yield "txn"


def cluster_with(*texts: str) -> VirtualCluster:
    cluster = VirtualCluster(())
    for text in texts:
        cluster.load(text)
    return cluster


def creating(cluster: VirtualCluster, name: str, **call: Any) -> Any:
    kind = cluster.kind("secret")
    body = {"metadata": {"name": name}}
    return cluster.cluster.api.create(kind, "default", body, Call("test", User("ann"), **call))


def pausing(cluster: VirtualCluster) -> None:
    """Every transaction waits for its turn before it commits."""
    store = cluster.cluster.store
    commit = store.txn

    async def txn(*args: Any) -> Any:
        await _pause()
        return await commit(*args)

    store.txn = txn  # type: ignore[method-assign]


def finish(coro: Any) -> Any:
    """Run to the end, through every pause."""
    while True:
        try:
            coro.send(None)
        except StopIteration as stop:
            return stop.value


def taken(cluster: VirtualCluster) -> str:
    return cluster.get("configmap", "room")["data"]["taken"]


def test_two_concurrent_creations_never_exceed_a_quota() -> None:
    cluster = cluster_with(QUOTA)
    cluster.apply(ROOM)
    pausing(cluster)
    one, other = creating(cluster, "one"), creating(cluster, "other")
    assert one.send(None) == "txn"  # both have read that a seat is free, and neither has committed
    assert other.send(None) == "txn"
    finish(other)
    with pytest.raises(Forbidden, match="all 1 seats are taken"):
        finish(one)
    assert taken(cluster) == "1"
    assert [obj["metadata"]["name"] for obj in cluster.list("secret")] == ["other"]


def test_who_was_overtaken_is_admitted_afresh_where_there_is_room() -> None:
    cluster = cluster_with(QUOTA)
    cluster.apply({**ROOM, "data": {"seats": "2", "taken": "0"}})
    pausing(cluster)
    one, other = creating(cluster, "one"), creating(cluster, "other")
    one.send(None), other.send(None)
    finish(other), finish(one)
    assert taken(cluster) == "2"
    assert len(cluster.list("secret")) == 2


def test_who_is_always_overtaken_is_told_to_try_again() -> None:
    cluster = cluster_with(QUOTA)
    cluster.apply({**ROOM, "data": {"seats": "1000", "taken": "0"}})
    pausing(cluster)
    request = creating(cluster, "late")
    for number in range(TRIES):
        request.send(None)
        kind = cluster.kind("configmap")
        body = {"data": {"noise": str(number)}}
        finish(cluster.cluster.api.patch(kind, "default", "room", body, "merge", Call("noise")))
    with pytest.raises(Conflict, match=f"was changed by others each of the {TRIES} times .*please try again"):
        request.send(None)
    assert cluster.list("secret") == []


def test_object_and_quota_are_written_at_one_revision() -> None:
    cluster = cluster_with(QUOTA)
    cluster.apply(ROOM)
    made = drive(creating(cluster, "one"))
    assert cluster.get("configmap", "room")["metadata"]["resourceVersion"] == str(made.revision)


def test_a_dry_run_commits_nothing_and_leaves_no_trace() -> None:
    cluster = cluster_with(QUOTA)
    cluster.apply(ROOM)
    before, records = cluster.revision, cluster.recorder.log.last
    drive(creating(cluster, "one", dry_run=True))
    assert (cluster.revision, cluster.recorder.log.last) == (before, records)
    assert taken(cluster) == "0"


def test_a_stale_cache_denies_nobody() -> None:
    cluster = cluster_with(QUOTA)
    cluster.apply({**ROOM, "data": {"seats": "0", "taken": "0"}})
    cluster.faults.hold("v1/ConfigMap")
    cluster.patch("configmap", "room", {"data": {"seats": "1"}})
    drive(creating(cluster, "one"))
    assert taken(cluster) == "1"


def test_what_admission_wrote_is_traced_back_to_the_request() -> None:
    cluster = cluster_with(QUOTA)
    cluster.apply(ROOM)
    drive(creating(cluster, "one"))
    steps = cluster.why(cluster.get("configmap", "room"), "data.taken").steps
    assert [(step.by, step.rule, step.verb) for step in steps] == [
        ("apiserver/seats", "take", "patch"),
        ("test", "", "create"),
    ]


def test_a_denial_is_a_firing_too() -> None:
    cluster = cluster_with(QUOTA)
    cluster.apply({**ROOM, "data": {"seats": "0", "taken": "0"}})
    with pytest.raises(Forbidden) as refusal:
        drive(creating(cluster, "one"))
    assert (
        refusal.value.message == "secrets \"one\" is forbidden: RuleSet 'seats' denied request: all 0 seats are taken"
    )
    (fired,) = [record for record in cluster.recorder.log.newest() if isinstance(record, Firing)]
    assert [(effect.rule, effect.outcome) for effect in fired.effects] == [("full", "refused")]
    assert fired.cause.detail == "CREATE by ann"


def test_a_rule_set_that_cannot_be_asked_refuses() -> None:
    cluster = cluster_with(QUOTA)  # there is no room
    with pytest.raises(InternalError, match=r"RuleSet 'seats' failed on secrets \"one\": rule 'full' \(.*:\d+\): "):
        drive(creating(cluster, "one"))
    assert "full" in cluster.errors["seats"]
    assert cluster.list("secret") == []


def test_a_rule_set_can_be_taken_out_while_requests_come() -> None:
    cluster = cluster_with(QUOTA)
    loop = cluster.cluster.loop
    bound = loop.find("seats")
    assert bound is not None
    loop.remove(bound)
    drive(creating(cluster, "one"))
    assert loop.find("seats") is None


def test_a_rule_set_is_asked_under_its_new_text() -> None:
    cluster = cluster_with(QUOTA)
    cluster.apply({**ROOM, "data": {"seats": "0", "taken": "0"}})
    text = QUOTA.replace("all ${room.data.seats} seats are taken", "go away")
    (source,) = parse(text, "new")
    (program,) = compile_documents([(source, shape(source))])
    drive(cluster.cluster.replace(program))
    with pytest.raises(Forbidden, match="go away"):
        drive(creating(cluster, "one"))


def test_rules_own_requests_are_admitted_as_any() -> None:
    cluster = cluster_with(
        QUOTA,
        """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: host}
spec:
  component: test
  for: {party: {kind: v1/ServiceAccount}}
  watch: {guests: {kind: v1/Secret, controlledBy: party}}
  rules:
    - name: invite
      ensure:
        objects: guests
        count: "3"
        template: {kind: v1/Secret}
        initial: {metadata: {generateName: guest-}}
""",
    )
    cluster.apply({**ROOM, "data": {"seats": "2", "taken": "0"}})
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "party"}})
    cluster.settle()
    assert len(cluster.list("secret")) == 2
    assert "denied request: all 2 seats are taken" in cluster.errors["host"]


BAD = [
    ("order: 10", "", "`deny` is for admission"),
    ("component: apiserver", "component: test", "part of the apiserver"),
    ("kind: v1/Secret", "kind: v1/Secret, operations: [CONNECT]", "CONNECT never happens"),
    ("kind: v1/Secret", "kind: ruleplane.dev/v1/RuleSet", "are not admitted by rules"),
    ("kind: v1/Secret", "kind: v1/Secret, subresource: status", "secrets/status do not pass admission"),
    ("name: \"'room'\"", "name: \"'room'\", wakes: none", "nothing wakes it"),
    ('apply: {to: "${room}", data: {taken: "${string(taken + 1)}"}}', "delete: {objects: room}", "deletes no other"),
    ('apply: {to: "${room}", data: {taken: "${string(taken + 1)}"}}', "set: {metadata: {name: x}}", "which object"),
    ("taken >= int", "size(refused) >= int", "refused"),
]


@pytest.mark.parametrize(("old", "new", "message"), BAD, ids=[message for _, _, message in BAD])
def test_what_admission_cannot_have_is_refused_at_its_place(old: str, new: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as refusal:
        cluster_with(QUOTA.replace(old, new))
    assert refusal.value.line > 1


def test_a_denial_can_name_the_field_at_fault() -> None:
    cluster = cluster_with(
        QUOTA.replace(
            'deny: "all ${room.data.seats} seats are taken"',
            "deny: {message: too many, reason: Invalid, field: metadata.name}",
        )
    )
    cluster.apply({**ROOM, "data": {"seats": "0", "taken": "0"}})
    with pytest.raises(Invalid) as refusal:
        drive(creating(cluster, "one"))
    assert refusal.value.details is not None
    assert refusal.value.details["causes"] == [
        {"reason": "FieldValueInvalid", "message": "too many", "field": "metadata.name"}
    ]


INSTALLED = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: closed}
spec:
  component: apiserver
  order: 1
  for: {o: {kind: "*", operations: [CREATE, UPDATE, DELETE]}}
  rules:
    - name: closed
      deny: closed for ${request.kind.kind}s
"""


def test_a_rule_set_that_is_applied_admits_until_it_is_deleted_and_cannot_lock_itself_in() -> None:
    cluster = cluster_with()
    cluster.apply(INSTALLED)
    cluster.settle()
    with pytest.raises(Forbidden, match="closed for Secrets"):
        drive(creating(cluster, "one"))
    cluster.delete("ruleset", "closed")
    cluster.settle()
    drive(creating(cluster, "one"))


def test_a_rule_set_that_is_applied_may_begin_to_admit() -> None:
    cluster = cluster_with()
    reconciling = INSTALLED.replace("  order: 1\n", "").replace(
        'kind: "*", operations: [CREATE, UPDATE, DELETE]', "kind: v1/Secret"
    )
    cluster.apply(reconciling.replace("deny: closed for ${request.kind.kind}s", "event: {reason: Open, message: open}"))
    cluster.settle()
    drive(creating(cluster, "one"))
    cluster.apply(INSTALLED.replace('"*"', "v1/Secret"))
    cluster.settle()
    with pytest.raises(Forbidden, match="closed for Secrets"):
        drive(creating(cluster, "two"))


ENDLESS = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: echo}
spec:
  component: apiserver
  order: 1
  for: {o: {kind: v1/ConfigMap, operations: [CREATE]}}
  watch: {others: {kind: v1/ConfigMap, ownedBy: o}}
  rules:
    - name: echo
      ensure: {objects: others, count: "1", template: {kind: v1/ConfigMap}, initial: {metadata: {generateName: echo-}}}
"""


def test_admission_that_admits_its_own_writes_for_ever_is_refused() -> None:
    cluster = cluster_with(ENDLESS)
    before = cluster.revision
    with pytest.raises(InternalError, match="admitted 8 deep: it never ends"):
        cluster.apply(ROOM)
    assert cluster.list("configmap", "default") == []
    assert cluster.revision == before


def test_what_is_made_with_an_object_is_there_with_it_and_told_afterwards() -> None:
    text = ENDLESS.replace("kind: v1/ConfigMap, operations", "kind: v1/Secret, operations")
    cluster = cluster_with(text + '      event: {created: "made ${object.kind}"}\n')
    made = drive(creating(cluster, "one"))
    (other,) = cluster.list("configmap", "default")
    assert other["metadata"]["resourceVersion"] == str(made.revision)
    assert other["metadata"]["ownerReferences"][0]["uid"] == made.value["metadata"]["uid"]
    assert [event["message"] for event in cluster.list("event")] == ["made ConfigMap"]


FILL = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: fill}
spec:
  component: apiserver
  order: 1
  for: {o: {kind: v1/ConfigMap}}
  rules:
    - name: fill
      set: {data: {seen: "yes"}}
    - name: level
      when: has(o.data.level)
      set: {data: {level: high}}
"""


def owners(cluster: VirtualCluster) -> dict[tuple[str, str], list[str]]:
    entries = cluster.get("configmap", "room")["metadata"]["managedFields"]
    return {(one["manager"], one["operation"]): sorted(one["fieldsV1"].get("f:data", {})) for one in entries}


@pytest.mark.parametrize("verb", ["create", "apply"])
def test_what_admission_sets_is_nobodys_as_in_kubernetes(verb: str) -> None:
    cluster = cluster_with(FILL)
    kind = cluster.kind("configmap")
    if verb == "create":
        drive(cluster.cluster.api.create(kind, "default", ROOM, Call("ann")))
        operation = "Update"
    else:
        drive(cluster.cluster.api.patch(kind, "default", "room", ROOM, "apply", Call("ann")))
        operation = "Apply"
    assert owners(cluster) == {("ann", operation): [".", "f:seats", "f:taken"][1 if verb == "apply" else 0 :]}
    body = {"data": {"taken": "1", "level": "low"}}
    drive(cluster.cluster.api.patch(kind, "default", "room", body, "merge", Call("bob")))
    assert cluster.get("configmap", "room")["data"] == {"seats": "1", "taken": "1", "seen": "yes", "level": "high"}
    assert owners(cluster)["bob", "Update"] == ["f:level", "f:taken"]
    assert "f:taken" not in owners(cluster)["ann", operation]
    again = {**ROOM, "data": {"seen": "no"}}
    drive(cluster.cluster.api.patch(kind, "default", "room", again, "apply", Call("cid")))  # in nobody's way

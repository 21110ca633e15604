"""The chain of causes of a field."""

from __future__ import annotations

from ruleplane.model.trace import Cause, EffectRecord, RequestRecord
from ruleplane.trace.log import MemoryLog
from ruleplane.trace.why import why
from support.history import POD, RS, START, a_pod_is_born, firing, watch


def chain(explanation):
    return [(step.revision, step.by, step.rule or step.user) for step in explanation.steps]


def test_a_field_is_walked_back_to_the_request_that_began_it(log):
    log.append(a_pod_is_born())
    explanation = why(log, POD, "spec.nodeName")
    assert chain(explanation) == [
        (3, "scheduler/default", "bind"),
        (2, "controller-manager/replicaset", "keep-replicas"),
        (1, "kubectl-create", "admin"),
    ]
    assert explanation.gap == ""


def test_without_a_field_the_last_write_is_explained(log):
    log.append(a_pod_is_born())
    assert [step.revision for step in why(log, POD).steps] == [4, 3, 2, 1]


def test_a_field_that_nobody_wrote_since_goes_back_to_the_creation(log):
    log.append(a_pod_is_born())
    assert [step.revision for step in why(log, POD, "metadata.labels").steps] == [2, 1]


def test_the_status_of_the_owner_is_explained_through_the_pod(log):
    log.append(a_pod_is_born())
    assert [step.revision for step in why(log, RS, "status.readyReplicas").steps] == [5, 4, 3, 2, 1]


def test_of_two_rules_in_one_write_the_one_that_set_the_field_is_named(log):
    log.append(
        [
            RequestRecord(1, START, "admin", "kubectl", "create", RS, "u", "", 1),
            firing(
                2, "x/y", RS, watch(RS, 1),
                EffectRecord("one", "patch", RS, "u", "status", "done", 2, ("status.replicas",)),
                EffectRecord("two", "patch", RS, "u", "status", "done", 2, ("status.readyReplicas",)),
            ),
        ]
    )  # fmt: skip
    assert why(log, RS, "status.replicas").steps[0].rule == "one"
    assert why(log, RS, "status.readyReplicas").steps[0].rule == "two"


def test_a_refused_or_unchanged_effect_explains_nothing(log):
    refused = EffectRecord("report", "patch", POD, "u", "status", "refused", 0, ("status.phase",), "no")
    log.append([*a_pod_is_born(), firing(6, "kubelet/pod", POD, watch(POD, 4), refused)])
    assert why(log, POD, "status.phase").steps[0].record == 4


def test_a_chain_through_timers_goes_on_from_the_firing_that_set_the_first_one(log):
    records = a_pod_is_born()
    for number in (6, 7):
        records.append(firing(number, "kubelet/pod", POD, Cause("timer", POD, 0, START, "now >= deadline")))
    records.append(
        firing(8, "kubelet/pod", POD, Cause("timer", POD, 0, START),
               EffectRecord("restart", "patch", POD, "u", "status", "done", 6, ("status.restarts",)))
    )  # fmt: skip
    log.append(records)
    explanation = why(log, POD, "status.restarts")
    assert [(step.revision, step.repeats) for step in explanation.steps] == [(6, 3), (3, 0), (2, 0), (1, 0)]


def test_what_was_found_at_start_goes_on_from_the_last_write_of_the_primary(log):
    last = firing(9, "kubelet/pod", POD, Cause("start", POD),
                  EffectRecord("report", "patch", POD, "u", "status", "done", 9, ("status.podIP",)))  # fmt: skip
    log.append([*a_pod_is_born(), last])
    assert [step.revision for step in why(log, POD, "status.podIP").steps] == [9, 4, 3, 2, 1]


def test_where_the_record_of_a_cause_is_gone_the_chain_says_so():
    log = MemoryLog(size=3)
    log.append(a_pod_is_born())
    explanation = why(log, POD, "spec.nodeName")
    assert [step.revision for step in explanation.steps] == [3]
    assert explanation.gap == (f"revision 2 of {POD} was written by nobody on record (the oldest record kept is 3)")


def test_an_object_that_nobody_wrote_is_said_to_be_unknown(log):
    explanation = why(log, POD, "spec.nodeName")
    assert explanation.steps == ()
    assert explanation.gap == f"no write of the field spec.nodeName of {POD} is on record (the trace is empty)"


def test_a_chain_without_end_is_cut_and_says_so():
    log = MemoryLog()
    log.append(
        [
            firing(n, "x/y", RS, watch(RS, n - 1), EffectRecord("spin", "patch", RS, "u", "", "done", n, ("spec.a",)))
            for n in range(1, 400)
        ]
    )
    explanation = why(log, RS)
    assert (len(explanation.steps), explanation.gap) == (200, "the chain goes on for more than 200 steps")


def test_a_cause_that_claims_to_be_later_than_its_firing_ends_the_chain():
    log = MemoryLog()
    log.append([firing(1, "x/y", RS, watch(RS, 1), EffectRecord("spin", "patch", RS, "u", "", "done", 1, ("spec.a",)))])
    assert "written by nobody on record" in why(log, RS).gap

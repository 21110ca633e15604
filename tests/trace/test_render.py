"""What people read."""

from __future__ import annotations

from ruleplane.model.trace import Cause, EffectRecord
from ruleplane.trace.log import MemoryLog
from ruleplane.trace.render import record_lines, why_lines
from ruleplane.trace.why import why
from support.history import POD, RS, START, a_pod_is_born, firing, watch


def test_a_chain_is_a_tree_with_columns_and_the_value_in_its_head():
    log = MemoryLog()
    log.append(a_pod_is_born())
    explanation = why(log, POD, "spec.nodeName")
    explanation.found, explanation.value = True, "node-2"
    head, *tree = why_lines(explanation)
    assert head == "Pod default/web-x7k2p .spec.nodeName = node-2"
    assert [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in tree] == [
        ["└─ rev 3", "+3.0 ms", "scheduler/default · bind", "posted binding of Pod default/web-x7k2p (spec.nodeName)"],
        ["└─ rev 2", "+2.0 ms", "controller-manager/replicaset · keep-replicas", "created Pod default/web-x7k2p"],
        ["└─ rev 1", "+0.0 µs", "kubectl-create (admin)", "created ReplicaSet default/web"],
    ]
    assert [line.index("└") for line in tree] == [0, 3, 6]
    assert len({line.index("s  ") for line in tree}) == 1


def test_of_the_write_asked_about_only_the_fields_asked_for_are_told():
    log = MemoryLog()
    log.append(a_pod_is_born())
    assert why_lines(why(log, POD, "status.phase"))[1].endswith("set status.phase of Pod default/web-x7k2p")
    both = "set status.phase, status.conditions[type=Ready] of Pod default/web-x7k2p"
    assert why_lines(why(log, POD, "status"))[1].endswith(both)


def test_a_gap_is_the_last_line_of_the_tree():
    lines = why_lines(why(MemoryLog(), POD))
    assert lines == [
        "Pod default/web-x7k2p",
        f"└─ here the chain ends: no write of {POD} is on record (the trace is empty)",
    ]


def test_a_firing_says_what_woke_it_and_what_became_of_each_effect():
    made = firing(
        7, "controller-manager/replicaset", RS, watch(POD, 4, "DELETED"),
        EffectRecord("keep-replicas", "create", POD, outcome="refused", message="exceeded quota"),
        EffectRecord("report", "patch", RS, "u", "status", "unchanged"),
        EffectRecord("keep-replicas", "event", RS, message="Created pod: web"),
        revision=9, took=250_000, wake_at=START + 5_000_000_000,
    )  # fmt: skip
    assert record_lines(made) == [
        "00:00:00.007  #7  controller-manager/replicaset  ReplicaSet default/web  at rev 9, "
        "because of the deletion of Pod default/web-x7k2p (rev 4), took 250.0 µs",
        "    keep-replicas: create Pod default/web-x7k2p: refused (exceeded quota)",
        "    report: patch ReplicaSet default/web: unchanged",
        "    keep-replicas: told: Created pod: web",
        "    next at 00:00:05.000",
    ]


def test_a_clients_write_is_one_line():
    assert record_lines(a_pod_is_born()[0]) == [
        "00:00:00.000  #1  kubectl-create (admin): created ReplicaSet default/web  rev 1"
    ]


def test_the_text_that_failed_is_shown_once_below_its_error():
    error = "report: spec.rules[0].when:1:1: 'abc' is not an integer\n  int(c.data.x) > 3\n  ^"
    made = firing(2, "kubelet/pod", POD, Cause("retry", POD, 0, START, error), error=error)
    assert record_lines(made) == [
        "00:00:00.002  #2  kubelet/pod  Pod default/web-x7k2p  at rev 0, because of a failure before "
        "(report: spec.rules[0].when:1:1: 'abc' is not an integer)",
        "    error: report: spec.rules[0].when:1:1: 'abc' is not an integer",
        "      int(c.data.x) > 3",
        "      ^",
    ]


def test_a_pass_woken_by_the_clock_says_which_comparison_flipped():
    made = firing(1, "kubelet/pod", POD, Cause("timer", POD, 0, START, "now >= deadline"), error="no such key: x")
    assert record_lines(made) == [
        "00:00:00.001  #1  kubelet/pod  Pod default/web-x7k2p  at rev 0, because of the clock (now >= deadline)",
        "    error: no such key: x",
    ]

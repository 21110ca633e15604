"""The demonstration's numbered chain is the trace's, turned round."""

from __future__ import annotations

from ruleplane.cli.story import chain
from ruleplane.trace.log import MemoryLog
from ruleplane.trace.service import explanation_json
from ruleplane.trace.why import why
from support.history import POD, a_pod_is_born


def test_the_chain_is_told_from_the_request_on_with_each_wake_and_deed_numbered():
    log = MemoryLog()
    log.append(a_pod_is_born())
    rows = chain(explanation_json(why(log, POD, "status.phase")))
    assert [(number, sentence) for number, _, _, sentence in rows] == [
        ("1.", "kubectl-create (admin) created ReplicaSet default/web"),
        ("2.", "the watch event of rev 1 wakes the rule set controller-manager/replicaset"),
        ("3.", "rule keep-replicas created Pod default/web-x7k2p"),
        ("4.", "the watch event of rev 2 wakes the rule set scheduler/default"),
        ("5.", "rule bind posted binding of Pod default/web-x7k2p (spec.nodeName)"),
        ("6.", "the watch event of rev 3 wakes the rule set kubelet/pod"),
        ("7.", "rule report set status.phase, status.conditions[type=Ready] of Pod default/web-x7k2p"),
    ]
    assert rows[0][1:3] == ("rev 1", "+0.0 µs")
    assert rows[6][1:3] == ("rev 4", "+4.0 ms")

"""What a loop refuses to run."""

from __future__ import annotations

from random import Random

import pytest

from ruleplane.clock import VirtualClock
from ruleplane.errors import SourceError
from ruleplane.lang.load import compile_documents
from ruleplane.lang.source import parse, shape
from ruleplane.reconcile.cluster import Cluster
from ruleplane.store.memory import MemoryStore
from ruleplane.trace.recorder import Recorder
from support.drive import drive

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: odd}
spec:
  component: controller-manager
  for: {o: {kind: FOR}}
  watch:
    others: {kind: WATCH, ownedBy: o}
  rules:
    - name: note
      status: {count: "${size(others)}"}
"""


@pytest.mark.parametrize(
    ("primary", "related", "place"),
    [("v1/Podd", "v1/Pod", "odd.yaml:6:19"), ("v1/Node", "apps/v1/Pod", "odd.yaml:8:20")],
)
def test_a_kind_that_is_not_served_is_refused_at_its_place(primary, related, place):
    (source,) = parse(RULES.replace("FOR", primary).replace("WATCH", related), "odd.yaml")
    programs = compile_documents([(source, shape(source))])
    cluster = Cluster(MemoryStore(), VirtualClock(), Random(1), Recorder(), programs)
    said = f"^{place}: rule set 'odd': the kind .* is not served; is 'v1/Pod' meant"
    with pytest.raises(SourceError, match=said):
        drive(cluster.start())

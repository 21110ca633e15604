"""Every claim as a step, in every form: see ``specs.claims``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_bdd import step
from pytest_bdd.parsers import StepParser

from ruleplane.specs import claims

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster


class Claim(StepParser):
    """Matches sentences that some claim reads."""

    def parse_arguments(self, name: str) -> dict[str, Any]:
        """The whole sentence."""
        return {"sentence": name}

    def is_matching(self, name: str) -> bool:
        """Whether the sentence is a claim, in any form."""
        return claims.understood(name)


@step(Claim("a claim"))
def tell(cluster: VirtualCluster, sentence: str) -> None:
    """Check it."""
    claims.tell(cluster, sentence)

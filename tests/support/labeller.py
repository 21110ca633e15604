"""The least rule set and library: what installing and admitting are tried with."""

from __future__ import annotations

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: labeller}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap}}
  rules:
    - name: label
      apply: {to: "${c}", metadata: {labels: {seen: "VALUE"}}}
"""
LIBRARY = """\
apiVersion: ruleplane.dev/v1
kind: Library
metadata: {name: words}
spec:
  functions:
    word(): "'one'"
"""


def rules(value: str = "yes", name: str = "labeller") -> str:
    """The rule set, with another value or name."""
    return RULES.replace("VALUE", value).replace("labeller", name)

"""What is declared and never used."""

from __future__ import annotations

import pytest

from ruleplane.lang.check import check_paths

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: one}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap}}
  params: {most: 5}
  watch: {pods: {kind: v1/Pod, ownedBy: c}}
  let: {few: size(pods) < 3, many(n): 'n > 3'}
  rules:
    - name: a
      when: CONDITION
      event: {reason: A, message: b}
"""


@pytest.mark.parametrize(
    ("condition", "unused"),
    [
        ("few && many(params.most)", []),
        ("few && many(params['most'])", []),
        ("few && many(params.most) && params.?most.orValue(1) > 0", []),
        ("few && many(5)", ["the setting `most` is never read"]),
        ("many(params.most)", ["`few` is never used", "`pods` is never used"]),
        ("few && params.most > 3", ["`many(n)` is never used"]),
    ],
)
def test_what_nothing_reaches_is_told(tmp_path, condition, unused):
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.replace("CONDITION", f'"{condition}"'))
    findings = check_paths([path])
    assert sorted(one.message for one in findings) == sorted(unused)
    assert {one.code for one in findings} <= {"RP011"}

Feature: All rules of a set see one snapshot: no rule sees what another wants in the same pass

  A result that depended on the order of rules on the page could not be explained by the rule alone.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: relay}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        rules:
          - name: first
            doc: The baton is handed on to b.
            when: has(c.data.a)
            apply: {to: "${c}", data: {b: "${c.data.a}"}}
          - name: second
            doc: And from b to c, a pass later.
            when: has(c.data.b)
            apply: {to: "${c}", data: {c: "${c.data.b}"}}
          - name: swap-x
            doc: Two fields change places.
            when: has(c.data.turn) && c.data.x != c.data.turn
            apply: {to: "${c}", data: {x: "${c.data.z}", z: "${c.data.x}"}}
      """

  Example: A chain of two rules takes two passes, in either order of the page
    Given the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: baton}
      data: {a: "1"}
      """
    When the control plane is idle
    Then ConfigMap "baton" has data {a: "1", b: "1", c: "1"}
    And rule "first" fired 1 time on ConfigMap "baton"
    And rule "second" fired 1 time on ConfigMap "baton"

  Example: Both sides of an exchange read what was there before
    Given the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: dance}
      data: {x: left, z: right, turn: right}
      """
    When the control plane is idle
    Then ConfigMap "dance" has data.x right
    And ConfigMap "dance" has data.z left
    And rule "swap-x" fired 1 time

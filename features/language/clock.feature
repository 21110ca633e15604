Feature: What depends on the clock on the wall changes when a schedule strikes, and then at once

  The clock of a scenario begins on Thursday, 1 January 2026, at midnight UTC. A rule with only an event tells it at every pass,
  so that its count is the number of passes.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: clerk}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        let:
          last: cronPrev(c.data.at, c.data.zone)
          next: cronNext(c.data.at, c.data.zone)
        rules:
          - name: note
            doc: It notes when the schedule struck, and when it will.
            apply: {to: "${c}", data: {last: "${last}", next: "${next}"}}
          - name: tell
            doc: Every pass is told.
            event: {reason: Passed, message: "passed"}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: diary}
      data: {at: "0 6 * * mon-fri", zone: Europe/Zurich}
      """
    When the control plane is idle

  Example: The key is woken when the schedule strikes, and not before
    Then ConfigMap "diary" has data.last "2025-12-31T05:00:00Z"
    And ConfigMap "diary" has data.next "2026-01-01T05:00:00Z"
    And Event Passed was told 1 time on ConfigMap "diary"
    When 299 minutes pass
    Then Event Passed was told 1 time on ConfigMap "diary"
    When 1 minute passes
    Then ConfigMap "diary" has data.last "2026-01-01T05:00:00Z"
    And ConfigMap "diary" has data.next "2026-01-02T05:00:00Z"
    And Event Passed was told 2 times on ConfigMap "diary"

  Example: On a day that it does not name it does not strike
    When 30 hours pass
    Then ConfigMap "diary" has data.next "2026-01-05T05:00:00Z"
    And for 70 hours ConfigMap "diary" has data.last "2026-01-02T05:00:00Z"

  Example: A schedule that is no schedule is told, and once it is mended the rule goes on
    When data.at of ConfigMap "diary" is set to "often"
    And the control plane is idle
    Then ConfigMap "diary" has data.next "2026-01-01T05:00:00Z"
    When data.at of ConfigMap "diary" is set to "@hourly"
    And the control plane is idle
    Then ConfigMap "diary" has data.next "2026-01-01T01:00:00Z"

  Scenario Outline: <function> alone wakes the key, too
    Given the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: alone}
      spec:
        component: test
        for: {a: {kind: v1/ServiceAccount}}
        rules:
          - name: note
            doc: One of the two is noted.
            apply: {to: "${a}", metadata: {annotations: {at: "${<function>('@hourly', 'UTC')}"}}}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: robot}
      """
    When the control plane is idle
    Then ServiceAccount "robot" has metadata.annotations.at "<first>"
    When 1 hour passes
    Then ServiceAccount "robot" has metadata.annotations.at "<then>"

    Examples:
      | function | first                | then                 |
      | cronPrev | 2026-01-01T00:00:00Z | 2026-01-01T01:00:00Z |
      | cronNext | 2026-01-01T01:00:00Z | 2026-01-01T02:00:00Z |

Feature: What is polled wakes nobody when it changes, and everybody who looked there when it is time

  A rule with only an event tells it at every pass, so that its count is the number of passes.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: reader}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.meter)"}}
        watch:
          meter: {kind: v1/ConfigMap, name: c.data.meter, every: 15s}
        rules:
          - name: copy
            doc: The reading of the meter is copied.
            when: meter != null && !('off' in c.data)
            apply: {to: "${c}", data: {reading: "${meter.data.value}"}}
          - name: tell
            doc: Every pass that looks at the meter is told.
            when: "!('off' in c.data)"
            event: {reason: Passed, message: "passed, ${meter == null}"}
      """
    And the manifests:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: gauge}
      data: {value: "1"}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: house}
      data: {meter: gauge}
      """
    When the control plane is idle
    Then ConfigMap "house" has data.reading "1"

  Example: A change is seen at the next multiple of the span
    When 5 seconds pass
    And data.value of ConfigMap "gauge" is set to "2"
    And the control plane is idle
    Then for 9 seconds ConfigMap "house" has data.reading "1"
    When 1 second passes
    Then ConfigMap "house" has data.reading "2"

  Example: It is looked at each time, though nothing has changed
    Then Event Passed was told 2 times on ConfigMap "house"
    When 1 minute passes
    Then Event Passed was told 6 times on ConfigMap "house"
    And ConfigMap "house" has data.reading "1"

  Example: A decision that something else wakes reads what there is
    When data.value of ConfigMap "gauge" is set to "2"
    And the control plane is idle
    Then ConfigMap "house" has data.reading "1"
    When data.room of ConfigMap "house" is set to "attic"
    And the control plane is idle
    Then ConfigMap "house" has data.reading "2"

  Example: Who does not look there any more is not woken
    Then Event Passed was told 2 times on ConfigMap "house"
    When data.off of ConfigMap "house" is set to "yes"
    And data.value of ConfigMap "gauge" is set to "2"
    And 1 minute passes
    Then ConfigMap "house" has data.reading "1"
    And Event Passed was told 2 times on ConfigMap "house"

Feature: What a value was during a window is known, and forgotten when the window has passed

  As the horizontal autoscaler's stabilisation: a size goes up at once, and down only to the highest of the window. A rule
  with only an event tells it at every pass, so that its count is the number of passes.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: stabiliser}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        let:
          desired: int(c.data.load)
          past: history(desired, duration('5m'))
        rules:
          - name: size
            doc: The size is the highest that was wanted in the last five minutes.
            apply: {to: "${c}", data: {size: "${string(past.max(h, h.value))}", known: "${string(size(past))}"}}
          - name: tell
            doc: Every pass is told.
            event: {reason: Passed, message: "passed"}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: web}
      data: {load: "3"}
      """
    When the control plane is idle
    Then ConfigMap "web" has data.size "3"
    When 10 minutes pass
    And data.load of ConfigMap "web" is set to "8"
    And the control plane is idle
    Then ConfigMap "web" has data.size "8"

  Example: The key is woken when the highest falls out of the window, and not before
    When 1 minute passes
    And data.load of ConfigMap "web" is set to "2"
    And the control plane is idle
    Then for 299 seconds ConfigMap "web" has data.size "8"
    When 1 second passes
    Then ConfigMap "web" has data.size "2"
    And ConfigMap "web" has data.known "1"

  Example: A value that has come back is kept anew
    When data.load of ConfigMap "web" is set to "2"
    And 4 minutes pass
    And data.load of ConfigMap "web" is set to "8"
    And the control plane is idle
    And data.load of ConfigMap "web" is set to "2"
    And the control plane is idle
    Then for 299 seconds ConfigMap "web" has data.size "8"
    And within 1 second ConfigMap "web" has data.size "2"

  Example: What was is not known after a restart
    When data.load of ConfigMap "web" is set to "2"
    And the control plane is idle
    Then ConfigMap "web" has data.size "8"
    When the controllers are restarted
    And the control plane is idle
    Then ConfigMap "web" has data.size "2"

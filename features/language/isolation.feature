Feature: A rule that fails for one object fails for that object alone

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: halver}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        rules:
          - name: see
            doc: Everybody is seen (above the rule that may fail).
            apply: {to: "${c}", metadata: {annotations: {seen: "yes"}}}
          - name: halve
            doc: Every number is halved.
            when: has(c.data) && has(c.data.number)
            apply: {to: "${c}", data: {half: "${string(int(c.data.number) / 2)}"}}
          - name: greet
            doc: Everybody is greeted.
            apply: {to: "${c}", metadata: {labels: {greeting: hello}}}
      """

  Example: The others go on, and so do its other rules
    Given the manifests:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: bad}
      data: {number: many}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: good}
      data: {number: "84"}
      """
    When the control plane is idle
    Then ConfigMap "good" has data.half "42"
    And ConfigMap "bad" has no data.half
    And ConfigMap "bad" has metadata.labels.greeting hello
    And ConfigMap "bad" has metadata.annotations.seen "yes"
    And rule set "halver" failed with "halve"
    And an Event RuleFailed on ConfigMap "bad" contains "rule halve of rule set halver failed at the scenario's rules:"
    And there is no Event RuleFailed on ConfigMap "good"

  Example: Mended, it is made up for
    Given the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: bad}
      data: {number: many}
      """
    And the control plane is idle
    When data.number of ConfigMap "bad" is set to "10"
    And the control plane is idle
    Then ConfigMap "bad" has data.half "5"

Feature: A pass is woken by what its expressions read, and by nothing else

  A rule with only an event tells it at every pass, so that its count is the number of passes.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: listener}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.listens)"}}
        watch:
          secret: {kind: v1/Secret, name: c.data.listens}
          quiet: {kind: v1/ServiceAccount, name: c.data.listens, wakes: none}
        rules:
          - name: tell
            doc: Every pass is told.
            event: {reason: Passed, message: "colour ${c.data.?colour.orValue('none')}, secret ${secret == null ? 'none' : secret.type}, quiet ${quiet == null}"}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: ear}
      data: {listens: key}
      """
    When the control plane is idle
    Then Event Passed was told 1 time on ConfigMap "ear"

  Example: A field that is read wakes
    When data.colour of ConfigMap "ear" is set to red
    And the control plane is idle
    Then Event Passed was told 2 times on ConfigMap "ear"

  Example: A field that nobody reads does not
    When data.shape of ConfigMap "ear" is set to round
    And ConfigMap "ear" is labelled anew "a=b"
    And the control plane is idle
    Then Event Passed was told 1 time on ConfigMap "ear"

  Example: An object that is looked up by name wakes when it comes, changes in what is read, and goes
    Given the manifest:
      """
      apiVersion: v1
      kind: Secret
      metadata: {name: key}
      type: Opaque
      """
    And the control plane is idle
    Then Event Passed was told 2 times on ConfigMap "ear"
    When Secret "key" is labelled anew "a=b"
    And the control plane is idle
    Then Event Passed was told 2 times on ConfigMap "ear"
    When Secret "key" is deleted
    And the control plane is idle
    Then Event Passed was told 3 times on ConfigMap "ear"

  Example: One of another name does not
    Given the manifest:
      """
      apiVersion: v1
      kind: Secret
      metadata: {name: other}
      """
    And the control plane is idle
    Then Event Passed was told 1 time on ConfigMap "ear"

  Example: A relation that wakes none is read and does not wake
    Given the manifest:
      """
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: key}
      """
    And the control plane is idle
    Then Event Passed was told 1 time on ConfigMap "ear"
    When data.colour of ConfigMap "ear" is set to red
    And the control plane is idle
    Then an Event Passed on ConfigMap "ear" contains "quiet false"

  Example: A field that a rule keeps wakes when somebody else has written it
    Given the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: keeper}
      spec:
        component: test
        for: {a: {kind: v1/ServiceAccount}}
        rules:
          - name: keep
            doc: Every account is marked.
            apply: {to: "${a}", metadata: {labels: {mark: "yes"}}}
          - name: tell
            doc: Every pass is told.
            event: {reason: Passed, message: "passed ${a.metadata.name}"}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: robot}
      """
    When the control plane is idle
    Then ServiceAccount "robot" has metadata.labels.mark "yes"
    And Event Passed was told 1 time on ServiceAccount "robot"
    When ServiceAccount "robot" is labelled anew "mark=no"
    And the control plane is idle
    Then ServiceAccount "robot" has metadata.labels.mark "yes"
    And Event Passed was told 2 times on ServiceAccount "robot"
    When ServiceAccount "robot" is labelled anew "other=no"
    And the control plane is idle
    Then Event Passed was told 2 times on ServiceAccount "robot"

Feature: Events tell what rules have done, once it is done, about whom it concerns

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: porter}
      spec:
        component: test
        source: night-porter
        for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'house' in c.data"}}
        watch:
          house: {kind: v1/Namespace, name: c.data.house}
          keys: {kind: v1/Secret, controlledBy: c}
        rules:
          - name: light
            doc: The house has a light, and both the house and its keeper hear of it.
            when: house != null
            apply: {to: "${house}", metadata: {labels: {light: "${c.data.light}"}}}
            event: {reason: Lit, message: "light ${c.data.light}", type: Warning, about: "${house}", host: door-1}
          - name: keys
            doc: The house has a key.
            ensure:
              objects: keys
              count: "1"
              template: {kind: v1/Secret}
              initial: {metadata: {generateName: key-}}
            event:
              created:
                - {reason: SuccessfulCreate, message: "cut ${object.metadata.generateName}"}
                - {reason: Cut, message: "at ${string(now)}"}
              refused: {reason: NoMetal, message: "no key: ${error}", type: Warning}
      """
    And the manifests:
      """
      {apiVersion: v1, kind: Namespace, metadata: {name: inn}}
      ---
      {apiVersion: v1, kind: ConfigMap, metadata: {name: keeper}, data: {house: inn, light: red}}
      """

  Example: About another object, from a source and a host, of a type
    When the control plane is idle
    Then an Event Lit on Namespace "inn" says "light red"
    And there is no Event Lit on ConfigMap "keeper"
    And Event where reason is Lit has source {component: night-porter, host: door-1}
    And Event where reason is Lit has type Warning
    And Event where reason is Lit has involvedObject.kind Namespace

  Example: Several of one creation; here the present instant may be told
    When the control plane is idle
    Then an Event SuccessfulCreate on ConfigMap "keeper" says "cut key-"
    And an Event Cut on ConfigMap "keeper" says "at 2026-01-01T00:00:00Z"
    And Event where reason is Cut has type Normal

  Example: What did not happen is not told as if it had
    Given every change of Namespace is refused
    And the next creation of Secret is refused with "no ore"
    When the control plane is idle
    Then there is no Event Lit on Namespace "inn"
    And an Event NoMetal on ConfigMap "keeper" says "no key: no ore"
    And Event NoMetal was told 1 time on ConfigMap "keeper"
    And Event Cut was told 1 time on ConfigMap "keeper"
    When nothing goes wrong any more
    And 1 second passes
    Then Event Lit was told 1 time on Namespace "inn"

  Example: What is so already is not told again
    Given the control plane is idle
    When everything is reconciled again
    Then Event Lit was told 1 time on Namespace "inn"
    When data.light of ConfigMap "keeper" is set to green
    And the control plane is idle
    Then an Event Lit on Namespace "inn" says "light green"

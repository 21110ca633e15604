Feature: Two rules that want different values for one field are told, and nothing of that object is written

  Example: The others' objects are written as ever
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: painter}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        rules:
          - name: red
            doc: Everything is red.
            apply: {to: "${c}", data: {colour: red}}
          # allow RP012: because what two rules do that disagree is shown here
          - name: blue
            doc: What is called sky is blue.
            when: c.metadata.name == 'sky'
            apply: {to: "${c}", data: {colour: blue}}
      """
    And the manifests:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: sky}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: rose}
      """
    When the control plane is idle
    Then ConfigMap "rose" has data.colour red
    And ConfigMap "sky" has no data.colour
    And rule set "painter" failed with "data.colour should be 'red' and 'blue'"
    And rule set "painter" failed with "rules red, blue"

  Example: Two that agree do not contradict each other
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: painter}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        rules:
          - name: red
            doc: Everything is red.
            apply: {to: "${c}", data: {colour: red}}
          - name: warm
            doc: Everything is red and warm.
            apply: {to: "${c}", data: {colour: red, warm: "yes"}}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: rose}
      """
    When the control plane is idle
    Then ConfigMap "rose" has data.colour red
    And ConfigMap "rose" has data.warm "yes"
    And rule "red" fired 1 time
    And no rule has failed

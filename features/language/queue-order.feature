Feature: The keys of a rule set that wait are worked on in the order that it gives

  Example: The least first; what has no rank comes last
    Given a cluster without bundled rules
    And the manifests:
      """
      {apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {task: ""}}, data: {rank: "3"}}
      ---
      {apiVersion: v1, kind: ConfigMap, metadata: {name: b, labels: {task: ""}}, data: {none: ""}}
      ---
      {apiVersion: v1, kind: ConfigMap, metadata: {name: c, labels: {task: ""}}, data: {rank: "1"}}
      ---
      {apiVersion: v1, kind: ConfigMap, metadata: {name: d, labels: {task: ""}}, data: {rank: "2"}}
      """
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: tickets}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "'task' in c.metadata.labels", first: [int(c.data.rank)]}}
        watch: {given: {kind: v1/Secret, wakes: none}}
        rules:
          - name: number
            doc: Who comes first gets the lowest number.
            ensure:
              objects: given.filter(s, s.metadata.name.endsWith(c.metadata.name))
              count: "1"
              owner: none
              template: {kind: v1/Secret}
              initial: {metadata: {name: "ticket-${string(size(given))}-${c.metadata.name}"}}
      """
    When the control plane is idle
    Then Secret "ticket-0-c" exists
    And Secret "ticket-1-d" exists
    And Secret "ticket-2-a" exists
    And Secret "ticket-3-b" exists

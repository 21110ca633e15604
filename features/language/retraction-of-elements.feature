Feature: Elements kept in a shared list under `while` are taken out when that no longer holds

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: guard}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "c.metadata.name == 'closed'"}}
        finalizer: {name: example.com/guard, until: "true"}
        watch:
          nodes: {kind: v1/Node}
        rules:
          - name: close
            doc: Nodes that the ConfigMap names are closed.
            each: {node: nodes}
            while: has(c.data) && node.metadata.name in c.data
            keep:
              of: ${node}
              in: spec.taints
              mine: it.key == 'closed'
              as: [{key: closed, effect: NoSchedule}]
      """
    And the manifests:
      """
      apiVersion: v1
      kind: Node
      metadata: {name: one}
      spec: {taints: [{key: other, effect: NoSchedule}]}
      ---
      apiVersion: v1
      kind: Node
      metadata: {name: two}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: closed}
      data: {one: "", two: ""}
      """

  Example: The condition ends for one of several
    When the control plane is idle
    Then Node "one" has 2 entries in spec.taints
    And Node "two" has 1 entries in spec.taints
    When data.one of ConfigMap "closed" is removed
    And the control plane is idle
    Then Node "one" has spec.taints[key=other].effect NoSchedule
    And Node "one" has 1 entries in spec.taints
    And Node "two" has 1 entries in spec.taints
    When ConfigMap "closed" is deleted
    And the control plane is idle
    Then Node "two" has no spec.taints
    And Node "one" has 1 entries in spec.taints
    And ConfigMap "closed" is gone

  Example: An edit of the text keeps another element (only the old text knows which was its own)
    Given the control plane is idle
    When the rules are replaced by:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: guard}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "c.metadata.name == 'closed'"}}
        finalizer: {name: example.com/guard, until: "true"}
        watch:
          nodes: {kind: v1/Node}
        rules:
          - name: close
            doc: Nodes that the ConfigMap names are shut.
            each: {node: nodes}
            while: has(c.data) && node.metadata.name in c.data
            keep:
              of: ${node}
              in: spec.taints
              mine: it.key == 'shut'
              as: [{key: shut, effect: NoSchedule}]
      """
    And the control plane is idle
    Then Node "two" has spec.taints [{key: shut, effect: NoSchedule}]
    And Node "one" has 2 entries in spec.taints
    And Node "one" has no spec.taints[key=closed]

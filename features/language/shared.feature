Feature: What is shared with others is not lost by our writing

  Background:
    Given a cluster without bundled rules

  Rule: Within a shared list only the elements that are mine are mine (a taint that somebody else set must not be erased)

    Background:
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: drainer}
        spec:
          component: test
          for: {node: {kind: v1/Node}}
          rules:
            - name: taint
              doc: A node that is labelled old takes nothing new.
              keep:
                of: ${node}
                in: spec.taints
                mine: it.key == 'example.com/old'
                as: "${'old' in node.metadata.?labels.orValue({}) ? [{'key': 'example.com/old', 'effect': 'NoSchedule'}] : []}"
        """
      And the manifest:
        """
        apiVersion: v1
        kind: Node
        metadata: {name: n, labels: {old: "yes"}}
        spec: {taints: [{key: example.com/mine, effect: NoExecute}]}
        """
      When the control plane is idle

    Example: Others' elements stay beside it, and when it goes
      Then Node "n" has 2 entries in spec.taints
      When Node "n" is labelled anew "old-"
      And the control plane is idle
      Then Node "n" has spec.taints [{key: example.com/mine, effect: NoExecute}]

    Example: One that came while the cache stood still is not erased
      Given the cache of Node stands still
      When spec.taints of Node "n" is set to [{key: example.com/new, effect: NoExecute}]
      And Node "n" is labelled anew "old-"
      And the cache of Node catches up
      And the control plane is idle
      Then Node "n" has spec.taints [{key: example.com/new, effect: NoExecute}]

  Rule: Nothing is written into a list on the strength of a cache that lags behind

    Background:
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: closer}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'closes' in c.data"}}
          watch: {node: {kind: v1/Node, name: c.data.closes}}
          rules:
            - name: taint
              doc: The node is closed as long as the ConfigMap says so.
              keep:
                of: ${node}
                in: spec.taints
                mine: it.key == 'example.com/closed'
                as: "${'open' in c.data ? [] : [{'key': 'example.com/closed', 'effect': 'NoSchedule'}]}"
            - name: condition
              doc: And its status says so.
              keep:
                of: ${node}
                in: status.conditions
                mine: it.type == 'Closed'
                as: "${'open' in c.data ? [] : [{'type': 'Closed', 'status': 'True'}]}"
                subresource: status
            - name: told
              doc: Whether there is a list of taints is told.
              when: node != null
              apply: {to: "${c}", metadata: {annotations: {taints: "${string(has(node.spec.taints))}"}}}
        """
      And the manifests:
        """
        {apiVersion: v1, kind: Node, metadata: {name: n}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: gate}, data: {closes: n}}
        """
      And the control plane is idle

    Example: A taint that somebody set meanwhile is not erased
      Given the cache of Node stands still
      When spec.taints of Node "n" is set to [{key: example.com/closed, effect: NoSchedule}, {key: example.com/mine, effect: NoExecute}]
      And data.open of ConfigMap "gate" is set to "yes"
      And the control plane is idle
      Then Node "n" has 2 entries in spec.taints
      When the cache of Node catches up
      And 1 second passes
      Then Node "n" has spec.taints [{key: example.com/mine, effect: NoExecute}]

    Example: A part that is written apart, and a list that nothing is left of
      Then Node "n" has spec.taints [{key: example.com/closed, effect: NoSchedule}]
      And condition Closed of Node "n" is True
      And ConfigMap "gate" has metadata.annotations.taints "true"
      When data.open of ConfigMap "gate" is set to "yes"
      And the control plane is idle
      Then Node "n" has no spec.taints
      And Node "n" has no condition Closed
      And ConfigMap "gate" has metadata.annotations.taints "false"

  Rule: A value that is computed from the object that it is written to is never written over a newer one

    Example: An update that was lost to the cache is read again before anything is written
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: doubler}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap}}
          rules:
            - name: double
              doc: The second number is twice the first.
              apply: {to: "${c}", data: {twice: "${string(int(c.data.once) * 2)}"}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: n}
        data: {once: "1"}
        """
      And the control plane is idle
      And the cache of ConfigMap lags 5 seconds behind
      And never ConfigMap "n" has data.twice "4"
      When data.once of ConfigMap "n" is set to "2"
      And 2 seconds pass
      And data.once of ConfigMap "n" is set to "21"
      And 30 seconds pass
      Then ConfigMap "n" has data.twice "42"

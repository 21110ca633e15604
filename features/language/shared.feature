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

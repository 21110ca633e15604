Feature: Reconciling what is already so writes nothing

  Example: All rule sets, at rest
    Given a cluster of 3 nodes
    And a ReplicaSet "web" of 5 replicas with:
      """
      minReadySeconds: 5
      """
    And a Pod "huge" that requests 99 cpu
    And a Pod "broken" with:
      """
      metadata: {annotations: {simulation.ruleplane.dev/exit-after: 1s, simulation.ruleplane.dev/exit-code: "1"}}
      """
    And a Pod "done" with:
      """
      metadata: {annotations: {simulation.ruleplane.dev/exit-after: 1s}}
      restartPolicy: Never
      """
    And 33 seconds pass
    When everything is reconciled again
    Then nothing was written
    And no rule has failed

  Rule: What the API stores in another form than it is written is compared as it is stored

    Background:
      Given a cluster without bundled rules
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: pass}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap}}
          watch: {made: {kind: v1/Secret, controlledBy: c}}
          rules:
            - name: keep-secret
              doc: Every ConfigMap has a Secret; texts of a Secret are stored as base64.
              ensure:
                objects: made
                each: {own: "[c.metadata.name]"}
                key: object.metadata.name
                template: {kind: v1/Secret, stringData: {password: "${c.data.word}"}}
                initial: {metadata: {name: "${own}"}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: gate}
        data: {word: sesame}
        """
      And the control plane is idle

    Example: What is so already is not sent again
      When ConfigMap "gate" is labelled anew "seen=yes"
      And everything is reconciled again
      Then Secret "gate" has data {password: c2VzYW1l}
      And rule "keep-secret" fired 1 time on ConfigMap "gate"

    Example: What is another is
      When data.word of ConfigMap "gate" is set to "open"
      And the control plane is idle
      Then Secret "gate" has data {password: b3Blbg==}

    Example: Held while something is true it is compared alike
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: holder}
        spec:
          component: test
          for: {s: {kind: v1/Secret}}
          rules:
            - name: hold-text
              doc: A Secret says who holds it.
              while: "true"
              apply: {to: "${s}", stringData: {holder: "${s.metadata.name}"}}
        """
      When the control plane is idle
      And everything is reconciled again
      Then Secret "gate" has data.holder Z2F0ZQ==
      And rule "hold-text" fired 1 time on Secret "gate"

  Rule: What was sent in vain is not sent again while the object is the same

    Background:
      Given a cluster without bundled rules
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: stamper}
        spec:
          component: test
          for: {p: {kind: v1/Pod}}
          rules:
            - name: stamp
              doc: A label can be written; how often the spec has changed is the API's own to count.
              apply: {to: "${p}", metadata: {generation: 7, labels: {tier: "${p.metadata.?annotations.tier.orValue('slow')}"}}}
        """
      And a Pod "web"
      And the control plane is idle

    Example: It is tried once
      Given Pod "web" has metadata.generation 1
      When everything is reconciled again
      Then rule "stamp" fired 2 times on Pod "web"
      When everything is reconciled again
      Then rule "stamp" fired 2 times on Pod "web"

    Example: Another wish is sent at once
      When metadata.annotations.tier of Pod "web" is set to fast
      And the control plane is idle
      Then Pod "web" has metadata.labels.tier fast

    Example: After ten minutes it is tried again
      When everything is reconciled again
      And 660 seconds pass
      And everything is reconciled again
      Then rule "stamp" fired 3 times on Pod "web"
      And nothing was written

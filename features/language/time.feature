Feature: A rule that depends on time comes back when time changes its answer, and not before

  Background:
    Given a cluster without bundled rules

  Rule: What has not been heard of counts from when this cache last saw it (an outage of ours must not evict a cluster)

    Background:
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: mourner}
        spec:
          component: test
          for: {lease: {kind: coordination.k8s.io/v1/Lease}}
          rules:
            - name: mourn
              doc: Who has not renewed for forty seconds is given up.
              when: now >= seen(lease.spec.renewTime) + duration('40s')
              apply: {to: "${lease}", metadata: {labels: {state: lost}}}
        """
      And the manifest:
        """
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: node-1}
        spec: {renewTime: "2026-01-01T00:00:00.000000Z"}
        """

    Example: Forty seconds after the last renewal, and not before
      Then for 39 seconds Lease "node-1" has no metadata.labels.state
      And within 2 seconds Lease "node-1" has metadata.labels.state lost

    Example: A renewal begins the time anew
      When 30 seconds pass
      And spec.renewTime of Lease "node-1" is set to "2026-01-01T00:00:30.000000Z"
      Then for 39 seconds Lease "node-1" has no metadata.labels.state
      And within 2 seconds Lease "node-1" has metadata.labels.state lost

    Example: A change of anything else does not begin it anew
      When 30 seconds pass
      And spec.holderIdentity of Lease "node-1" is set to somebody
      Then within 11 seconds Lease "node-1" has metadata.labels.state lost

    Example: After an outage of ours everybody gets the whole time again
      When 20 seconds pass
      And the controllers stop
      And 10 minutes pass
      And the controllers are restarted
      Then for 39 seconds Lease "node-1" has no metadata.labels.state
      And within 2 seconds Lease "node-1" has metadata.labels.state lost

  Rule: A step of the clock is a value that changes only then

    Example: tick wakes at its multiples, and writes once for each
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: ticker}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap}}
          rules:
            - name: stamp
              doc: Every minute is stamped.
              apply: {to: "${c}", data: {minute: "${string(tick(duration('1m')))}"}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: clock}
        """
      When 210 seconds pass
      Then ConfigMap "clock" has data.minute "2026-01-01T00:03:00Z"
      And rule "stamp" fired 4 times

    Example: A phase shifts the multiples, and a span is spread, so that a crowd does not act at once
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: crowd}
        spec:
          component: test
          for: {a: {kind: v1/ServiceAccount}}
          rules:
            - name: stamp
              doc: Everybody has a minute and a delay of their own.
              apply:
                to: "${a}"
                metadata:
                  annotations:
                    minute: "${string(tick(duration('1m'), a.metadata.name))}"
                    delay: "${string(spread(duration('1m'), a.metadata.name))}"
        """
      And the manifests:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: ann}}
        ---
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: bob}}
        """
      When 10 minutes pass
      Then ServiceAccounts have metadata.annotations.minute each of their own
      And ServiceAccounts have metadata.annotations.delay each of their own
      And every ServiceAccount has metadata.annotations.minute other than "2026-01-01T00:10:00Z"

  Rule: A time of change moves only with what it is the change of

    Example: The transition time of a condition stays while its status stays
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: judge}
        spec:
          component: test
          for: {ns: {kind: v1/Namespace, where: "has(ns.metadata.labels) && 'mood' in ns.metadata.labels"}}
          rules:
            - name: report
              doc: The mood is a condition.
              status:
                conditions:
                  - type: Happy
                    status: "${ns.metadata.labels.mood == 'good' ? 'True' : 'False'}"
                    reason: Mood
                    message: ${ns.metadata.labels.mood}
                    lastTransitionTime: ${changed('status')}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: cat, labels: {mood: bad}}
        """
      When the control plane is idle
      And 60 seconds pass
      And Namespace "cat" is labelled anew "mood=worse"
      And the control plane is idle
      Then condition Happy of Namespace "cat" is False with reason Mood and message "worse"
      And Namespace "cat" has status.conditions[type=Happy].lastTransitionTime "2026-01-01T00:00:00Z"
      When Namespace "cat" is labelled anew "mood=good"
      And the control plane is idle
      Then Namespace "cat" has status.conditions[type=Happy].lastTransitionTime "2026-01-01T00:01:00Z"

  Rule: A wait can double with every failure

    Example: backoff of a number that the object itself counts
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: waiter}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.failures)"}}
          rules:
            - name: again
              doc: It may try again after a wait that doubles.
              when: now >= seen(c.data.failures) + backoff(duration('10s'), duration('5m'), int(c.data.failures) - 1)
              apply: {to: "${c}", data: {mayTry: c.data.failures}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: job}
        data: {failures: "3"}
        """
      Then for 39 seconds ConfigMap "job" has no data.mayTry
      And within 2 seconds ConfigMap "job" has some data.mayTry
      When the manifest is applied:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: hopeless}
        data: {failures: "9"}
        """
      Then for 299 seconds ConfigMap "hopeless" has no data.mayTry
      And within 2 seconds ConfigMap "hopeless" has some data.mayTry

    Example: What is to be strictly later is not yet so at the instant itself
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: strict}
        spec:
          component: test
          for: {a: {kind: v1/ServiceAccount}}
          rules:
            - name: late
              doc: It is late after ten seconds.
              when: now > timestamp(a.metadata.creationTimestamp) + duration('10s')
              apply: {to: "${a}", metadata: {labels: {late: "yes"}}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: robot}
        """
      Then for 10 seconds ServiceAccount "robot" has no metadata.labels.late
      And within 1 second ServiceAccount "robot" has metadata.labels.late "yes"

  Rule: What was refused can be told

    Example: refused holds the refusals of the firing before, and is empty again when it goes through
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: complainer}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.makes)"}}
          watch: {made: {kind: v1/Secret, controlledBy: c}}
          rules:
            - name: make
              doc: A Secret is made.
              ensure:
                objects: made
                count: "1"
                template: {kind: v1/Secret}
                initial: {metadata: {generateName: "${c.metadata.name}-"}}
            - name: tell
              doc: And what is in the way is told.
              apply: {to: "${c}", data: {trouble: "${size(refused) == 0 ? 'none' : refused[0].rule + ': ' + refused[0].reason}"}}
        """
      And every creation of Secret is refused with "no more room"
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: job}
        data: {makes: "yes"}
        """
      When the control plane is idle
      Then ConfigMap "job" has data.trouble "make: Forbidden"
      When nothing goes wrong any more
      And 1 second passes
      Then there is 1 Secret
      And ConfigMap "job" has data.trouble none

Feature: A rule set that is applied is in force, and goes when it is deleted

  Background:
    Given a cluster without bundled rules
    And the manifests:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: early}
      data: {number: "4"}
      ---
      apiVersion: ruleplane.dev/v1
      kind: Library
      metadata: {name: arithmetic}
      spec:
        functions:
          scaled(n): n * 2
      ---
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: scaler}
      spec:
        doc: Every number has its scaled one beside it.
        component: examples
        for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.number)"}}
        rules:
          - name: scale
            doc: The scaled number is kept.
            apply: {to: "${c}", data: {scaled: "${string(scaled(int(c.data.number)))}"}}
      """
    And the control plane is idle

  Rule: What is there already and what comes later is reconciled alike (a user does not know which came first)

    Example: Objects before and after the rule set
      When the manifest is applied:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: late}
        data: {number: "5"}
        """
      And the control plane is idle
      Then ConfigMap "early" has data.scaled "8"
      And ConfigMap "late" has data.scaled "10"
      And condition Loaded of RuleSet "scaler" is True with reason Loaded
      And an Event Loaded on RuleSet "scaler" contains "generation 1 is in force"

    Example: Restarted controllers run it again, and count on (the store is all that stays)
      When 10 seconds pass
      Then RuleSet "scaler" has status.firings 1
      When the controllers are restarted
      And data.number of ConfigMap "early" is set to "7"
      And 10 seconds pass
      Then ConfigMap "early" has data.scaled "14"
      And RuleSet "scaler" has status.firings 2

  Rule: An edit takes effect without a restart, of a function too

    Example: The rule set says something else
      When the manifest is applied:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: scaler}
        spec:
          component: examples
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.number)"}}
          rules:
            - name: scale
              apply: {to: "${c}", data: {scaled: "${string(scaled(int(c.data.number)) + 1)}"}}
        """
      And the control plane is idle
      Then ConfigMap "early" has data.scaled "9"
      And RuleSet "scaler" has status.inForce.generation 2

    Example: The library's function says something else
      When the manifest is applied:
        """
        apiVersion: ruleplane.dev/v1
        kind: Library
        metadata: {name: arithmetic}
        spec:
          functions:
            scaled(n): n * 100
        """
      And the control plane is idle
      Then ConfigMap "early" has data.scaled "400"

    Example: It is for another kind now
      When the manifest is applied:
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: hidden}
        ---
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: scaler}
        spec:
          component: examples
          for: {s: {kind: v1/Secret}}
          rules:
            - name: note
              apply: {to: "${s}", metadata: {labels: {size: "${string(scaled(21))}"}}}
        """
      And the control plane is idle
      Then Secret "hidden" has metadata.labels.size "42"

  Rule: What is half done goes on under the new text

    Background:
      Given the manifest:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: host}
        spec:
          component: examples
          for: {s: {kind: v1/ServiceAccount, where: "has(s.metadata.annotations) && 'seats' in s.metadata.annotations"}}
          watch: {guests: {kind: v1/Secret, controlledBy: s}}
          rules:
            - name: invite
              doc: There are as many guests as seats.
              ensure:
                objects: guests
                count: int(s.metadata.annotations.seats)
                template: {kind: v1/Secret}
                initial: {metadata: {generateName: guest-}}
        """
      And the control plane is idle

    Example: Edited while it is not known whether its guests were made, it makes no others
      Given the cache of Secret stands still
      And the answer to every creation of Secret is lost
      And the manifest:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: table, annotations: {seats: "2"}}}
        """
      And the control plane is idle
      And always there are at most 2 Secrets
      When spec.rules of RuleSet "host" is set to [{name: seat, ensure: {objects: guests, count: "2", template: {kind: v1/Secret, metadata: {labels: {edition: second}}}, initial: {metadata: {generateName: visitor-}}}}]
      And 5 seconds pass
      Then there are no Secrets labelled "edition=second"
      When nothing goes wrong any more
      And 60 seconds pass
      Then there are 2 Secrets
      And there are 2 Secrets labelled "edition=second"
      And every Secret has metadata.name matching "guest-.*"

    Example: Edited while most of it is still to be made, the rest is made as the new text says
      Given the 501st creation of Secret is refused with "not so fast"
      And the manifest:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: hall, annotations: {seats: "600"}}}
        """
      And the control plane is idle
      When spec.rules of RuleSet "host" is set to [{name: invite, ensure: {objects: guests, count: "550", template: {kind: v1/Secret, metadata: {labels: {edition: second}}}, initial: {metadata: {generateName: visitor-}}}}]
      And 60 seconds pass
      Then there are 550 Secrets labelled "edition=second"
      And there are 550 Secrets

  Rule: Deleted, it acts no more

    Example: A change after the deletion
      When RuleSet "scaler" is deleted
      And the control plane is idle
      Then RuleSet "scaler" is gone
      When data.number of ConfigMap "early" is set to "6"
      And the control plane is idle
      Then ConfigMap "early" has data.scaled "8"

  Rule: A bad text is refused with its place (an installed rule set has been loaded at least once)

    Example: A name that nobody knows
      When somebody tries to apply the manifest:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: bad}
        spec:
          component: examples
          for: {c: {kind: v1/ConfigMap}}
          rules:
            - name: odd
              when: size(cs) > 0
              status: {}
        """
      Then the request is refused with "is invalid: spec.rules[0].when: Invalid value: 1:6: there is no name 'cs' here"

    Example: A field that objects of the kind do not have
      When somebody tries to apply the manifest:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: mistyped}
        spec:
          component: examples
          for: {c: {kind: v1/ConfigMap}}
          rules:
            - name: scale
              apply: {to: "${c}", data: {scaled: "${c.dta.size}"}}
        """
      Then the request is refused with "ConfigMap has no field 'dta'; did you mean 'data'? [RP005]"

    Example: A library may not change so that a rule set no longer loads
      When somebody tries to apply the manifest:
        """
        apiVersion: ruleplane.dev/v1
        kind: Library
        metadata: {name: arithmetic}
        spec:
          functions:
            doubled(n): n * 2
        """
      Then the request is refused with "the rule set scaler needs it otherwise: spec.rules[0].apply.data.scaled:1:10: there is no function 'scaled' here"

    Example: A library that is called goes when nothing calls it any more
      When Library "arithmetic" is deleted
      And the control plane is idle
      Then an Event InUse on Library "arithmetic" says "it is called by the rule set scaler, and goes when nothing calls it"
      When the manifest is applied:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: late}
        data: {number: "6"}
        """
      And the control plane is idle
      Then ConfigMap "late" has data.scaled "12"
      When RuleSet "scaler" is deleted
      And the control plane is idle
      Then Library "arithmetic" is gone

  Rule: Its errors are its own, and are told

    Example: One object that cannot be evaluated
      When the manifest is applied:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: worse}
        data: {number: many}
        """
      And 1 second passes
      Then condition Healthy of RuleSet "scaler" is False with reason RulesFail
      And RuleSet "scaler" has status.lastErrors[0].object "v1/ConfigMap/default/worse"
      And RuleSet "scaler" has status.lastErrors[0].rule "scale"
      And ConfigMap "early" has data.scaled "8"
      When data.number of ConfigMap "worse" is set to "1"
      And 20 seconds pass
      Then condition Healthy of RuleSet "scaler" is True

  Rule: It waits for its kind (manifests are applied in any order)

    Example: A kind of a group that is not served yet
      When the manifest is applied:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: waiting}
        spec:
          component: examples
          for: {site: {kind: example.com/v1/Website}}
          rules:
            - name: note
              status: {seen: true}
        """
      And the control plane is idle
      Then condition Loaded of RuleSet "waiting" is False with reason KindMissing and message "waits until there is example.com/v1/Website"
      And an Event KindMissing on RuleSet "waiting" contains "example.com/v1/Website"
      When the manifest is applied:
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: websites.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {plural: websites, singular: website, kind: Website}
          versions:
            - name: v1
              served: true
              storage: true
              subresources: {status: {}}
              schema: {openAPIV3Schema: {type: object, properties: {status: {type: object, properties: {seen: {type: boolean}}}}}}
        """
      And the control plane is idle
      Then condition Loaded of RuleSet "waiting" is True
      When the manifest is applied:
        """
        apiVersion: example.com/v1
        kind: Website
        metadata: {name: blog}
        """
      And the control plane is idle
      Then Website "blog" has status.seen true

  Rule: What holds only while it is true is undone under the text that made it (nobody else knows of it)

    Background:
      Given the manifest:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: shadows}
        spec:
          component: examples
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.number)"}}
          watch: {made: {kind: v1/Secret, controlledBy: c}}
          rules:
            - name: shadow
              while: "'number' in c.data"
              ensure:
                objects: made
                count: "1"
                template: {kind: v1/Secret, type: Opaque}
                initial: {metadata: {generateName: "${c.metadata.name}-"}}
        """
      And the control plane is idle

    Example: The rule set is deleted
      Then there is 1 Secret
      When RuleSet "shadows" is deleted
      And the control plane is idle
      Then there are 0 Secrets
      And RuleSet "shadows" is gone

    Example: An edit takes the rule away
      When the manifest is applied:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: shadows}
        spec:
          component: examples
          for: {c: {kind: v1/ConfigMap}}
          rules:
            - name: note
              apply: {to: "${c}", metadata: {labels: {noted: "yes"}}}
        """
      And the control plane is idle
      Then there are 0 Secrets
      And ConfigMap "early" has metadata.labels.noted "yes"
      And RuleSet "shadows" has status.inForce.generation 2
      And RuleSet "shadows" has no status.inForce.text

    Example: The controllers crash while the old text is being undone
      Given the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: second}
        data: {number: "1"}
        """
      And the control plane is idle
      And the controllers crash after the next deletion of Secret
      When the manifest is applied:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: shadows}
        spec:
          component: examples
          for: {s: {kind: v1/Namespace}}
          rules:
            - name: note
              apply: {to: "${s}", metadata: {labels: {noted: "yes"}}}
        """
      And the control plane is idle
      Then the faults have struck 1 time
      And there are 0 Secrets
      And Namespace "default" has metadata.labels.noted "yes"
      And condition Loaded of RuleSet "shadows" is True

    Example: What cannot be undone yet holds the rule set (it is the only one who knows of it)
      Given every deletion of Secret is refused with "not today"
      When RuleSet "shadows" is deleted
      And 5 seconds pass
      Then RuleSet "shadows" is being deleted
      And condition Loaded of RuleSet "shadows" is False with reason Retracting
      And condition Healthy of RuleSet "shadows" is False with reason RulesFail
      When nothing goes wrong any more
      And 60 seconds pass
      Then there are 0 Secrets
      And RuleSet "shadows" is gone

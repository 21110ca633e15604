Feature: Admission rule sets run on requests, in order, and refuse, change or complete them

  # What is not refused here is stored: each set sees what the one before made of the object, and a denial is about the
  # object as it would be stored.

  Background:
    Given a cluster without bundled rules

  Rule: A denial names the rule set, and nothing is stored

    Example: An owner label is required
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: owners}
        spec:
          component: apiserver
          order: 10
          for: {o: {kind: v1/ConfigMap}}
          rules:
            - name: has-owner
              doc: Everything says whose it is.
              when: "!('owner' in o.metadata.?labels.orValue({}))"
              deny: "${o.metadata.name} has no label owner"
        """
      When somebody tries to apply the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a}
        """
      Then the request is refused with "is forbidden: RuleSet 'owners' denied request: a has no label owner"
      And ConfigMap "a" does not exist
      And rule "has-owner" fired 1 time

  Rule: A default says what the object does not; a set says it whatever the object says

    Example: Lists are told apart by their keys
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: fill}
        spec:
          component: apiserver
          order: 10
          for: {s: {kind: v1/Service}}
          rules:
            - name: team
              doc: What is nobody's is the platform's; all is checked.
              default: {metadata: {labels: {team: platform}}}
            - name: checked
              doc: All is marked as checked.
              set: {metadata: {labels: {checked: "true"}}}
              event: {reason: Checked, message: "${s.metadata.name} was looked at"}
            - name: names
              doc: Port 80 is called web where it has no name.
              default: {spec: {ports: [{port: 80, protocol: TCP, name: web}]}}
        """
      And the manifests:
        """
        apiVersion: v1
        kind: Service
        metadata: {name: a}
        spec: {ports: [{port: 80}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: b, labels: {team: red, checked: "false"}}
        spec: {ports: [{port: 80, name: own}]}
        """
      Then Service "a" has metadata.labels.team platform
      And Service "a" has spec.ports[port=80].name web
      And Service "b" has metadata.labels.team red
      And Service "b" has metadata.labels.checked "true"
      And Service "b" has spec.ports[port=80].name own
      And an Event Checked on Service "a" says "a was looked at"
      And metadata.labels.team of Service "a" is so because of rule "fill/team"
      And the cause of metadata.labels.team of Service "a" is a request by kubectl

  Rule: The least order goes first, and a denial sees what all of them made

    Example: One set completes what another requires
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: a-last}
        spec:
          component: apiserver
          order: 20
          for: {o: {kind: v1/ConfigMap}}
          rules:
            - name: copy
              doc: The zone is the region's first.
              set: {data: {zone: "${o.data.region}-1"}}
            - name: zoned
              doc: Everything has a zone.
              when: "!has(o.data.zone)"
              deny: there is no zone
        """
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: z-first}
        spec:
          component: apiserver
          order: 10
          for: {o: {kind: v1/ConfigMap}}
          rules:
            - name: region
              doc: The region is north where nothing is said.
              default: {data: {region: north}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a}
        """
      Then ConfigMap "a" has data.zone north-1

    Example: A set for all kinds has its place among those for one kind
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: all}
        spec:
          component: apiserver
          order: 20
          for: {o: {kind: "*"}}
          rules:
            - name: all
              doc: Whoever was there before is noted.
              set: {metadata: {labels: {path: "${o.metadata.?labels[?'path'].orValue('')}-all"}}}
        """
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: early}
        spec:
          component: apiserver
          order: 10
          for: {o: {kind: v1/ConfigMap}}
          rules:
            - name: early
              doc: Whoever was there before is noted.
              set: {metadata: {labels: {path: "${o.metadata.?labels[?'path'].orValue('')}early"}}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a}
        """
      Then ConfigMap "a" has metadata.labels.path "early-all"

  Rule: `old` is what is there; it is null at creation

    Example: A field that cannot be changed
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: fixed}
        spec:
          component: apiserver
          order: 10
          for: {o: {kind: v1/ConfigMap, operations: [CREATE, UPDATE, DELETE]}}
          rules:
            - name: colour
              doc: A colour is for ever.
              when: request.operation == 'UPDATE' && o.data.colour != old.data.colour
              deny: {message: colour is immutable, reason: Invalid, field: data.colour}
            - name: keep
              doc: What is protected stays.
              when: request.operation == 'DELETE' && has(old.data.protected)
              deny: "${request.name} is protected"
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a}
        data: {colour: red, protected: "yes"}
        """
      When somebody tries to apply the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a}
        data: {colour: blue, protected: "yes"}
        """
      Then the request is refused with "colour is immutable"
      And ConfigMap "a" has data.colour red
      When somebody tries to delete ConfigMap "a"
      Then the request is refused with "a is protected"
      And ConfigMap "a" exists

  Rule: A set for a subresource sees requests for it, and no others

    Example: Nobody scales by hand
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: statuses}
        spec:
          component: apiserver
          order: 10
          for: {ns: {kind: v1/Namespace, subresource: status}}
          rules:
            - name: told
              doc: The status is nobody's to write.
              deny: "${request.subresource} of ${ns.metadata.name} is ours"
        """
      And the manifest:
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: a}
        """
      Then Namespace "a" exists
      When somebody tries to patch the status of Namespace "a":
        """
        status: {phase: Terminating}
        """
      Then the request is refused with "status of a is ours"

  Rule: What the sets make of an object is checked before anybody judges it

    Example: A label that is none
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: tag}
        spec:
          component: apiserver
          order: 10
          for: {o: {kind: v1/ConfigMap}}
          rules:
            - name: tag
              doc: The label says what the data say.
              set: {metadata: {labels: {tag: "${o.data.tag}"}}}
            - name: judge
              doc: Only what can be stored is judged.
              deny: "judged: ${o.metadata.labels.tag}"
        """
      When somebody tries to apply the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a}
        data: {tag: not a label}
        """
      Then the request is refused with "a valid label must be an empty string or consist of alphanumeric characters"
      When somebody tries to apply the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a}
        data: {tag: label}
        """
      Then the request is refused with "judged: label"

  Rule: `where` counts if it holds of the new object or of the old one: nobody slips out of it

    Example: What is locked cannot be unlocked by taking the mark off
      Given the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a, labels: {locked: "yes"}}
        """
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: lock}
        spec:
          component: apiserver
          order: 10
          for: {o: {kind: v1/ConfigMap, where: "has(o.metadata.labels) && 'locked' in o.metadata.labels"}}
          rules:
            - name: locked
              doc: What is locked stays as it is.
              deny: "${o.metadata.name} is locked"
        """
      When somebody tries to patch ConfigMap "a":
        """
        metadata: {labels: {locked: null}}
        """
      Then the request is refused with "a is locked"
      When somebody tries to apply the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: b}
        """
      Then the request is granted

  Rule: A set may choose, and set what follows

    Example: A claim gets the cheapest class that is large enough
      Given the manifests:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: small, labels: {class: ""}}, data: {size: "1", price: "1"}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: large, labels: {class: ""}}, data: {size: "9", price: "5"}}
        """
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: classes}
        spec:
          component: apiserver
          order: 10
          for: {claim: {kind: v1/Secret, operations: [CREATE]}}
          watch: {classes: {kind: v1/ConfigMap, labels: {class: ""}, namespace: "'default'"}}
          rules:
            - name: class
              doc: The cheapest class that fits.
              choose:
                c: classes
                filters: {Size: {require: int(c.data.size) >= int(claim.metadata.annotations.size), message: too small}}
                scores: {Cheap: {value: -int(c.data.price)}}
                then: {set: {metadata: {labels: {class: "${c.metadata.name}"}}}}
                none: {set: {metadata: {labels: {class: none}}}}
        """
      When the manifests are applied:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {size: "1"}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: b, annotations: {size: "2"}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: c, annotations: {size: "99"}}}
        """
      Then Secret "a" has metadata.labels.class small
      And Secret "b" has metadata.labels.class large
      And Secret "c" has metadata.labels.class none

  Rule: A set is asked about the operations that it names

    Example: Of creations only
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: birth}
        spec:
          component: apiserver
          order: 10
          for: {o: {kind: v1/ConfigMap, operations: [CREATE]}}
          rules:
            - name: early
              doc: Nothing is made that is called late.
              when: o.?data[?'state'].orValue('') == 'late'
              deny: too late
        """
      And the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
        """
      When somebody tries to patch ConfigMap "a":
        """
        data: {state: late}
        """
      Then the request is granted
      When somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {state: late}}
        """
      Then the request is refused with "too late"

  Rule: What an object is known by, and what the server gives, is nobody's to change

    Example: A uid of one's own
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: forger}
        spec:
          component: apiserver
          order: 10
          for: {o: {kind: v1/ConfigMap}}
          rules:
            - name: forge
              doc: A uid out of the data.
              set: {metadata: "${o.data}"}
        """
      When somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {uid: mine}}
        """
      Then the request is refused with "metadata.uid cannot be changed"
      And ConfigMap "a" does not exist

  Rule: Nobody locks themselves out

    Example: Whoever refuses everything can still be taken away
      Given the manifest:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: closed}
        spec:
          component: apiserver
          order: 10
          for: {o: {kind: "*", operations: [CREATE, UPDATE, DELETE]}}
          rules:
            - name: closed
              doc: Nothing is done.
              deny: closed for ${request.kind.kind}s
        """
      And the control plane is idle
      When somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
        """
      Then the request is refused with "closed for ConfigMaps"
      When RuleSet "closed" is deleted
      And the control plane is idle
      And somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
        """
      Then the request is granted

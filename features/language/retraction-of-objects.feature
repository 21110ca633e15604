Feature: What a rule made under `while` is deleted when that no longer holds

  Nothing is remembered: objects say themselves by which rule and for which primary they were made.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: copier}
      spec:
        component: test
        for: {s: {kind: v1/Secret, where: "has(s.metadata.annotations) && 'copy-to' in s.metadata.annotations"}}
        watch:
          copies: {kind: v1/Secret, theirs: "it.metadata.labels['copy-of']", ours: s.metadata.name}
        rules:
          - name: copy
            doc: Each namespace that the Secret names holds a copy of it.
            while: "!has(s.metadata.labels) || !('paused' in s.metadata.labels)"
            ensure:
              objects: copies
              each: {ns: "s.metadata.annotations['copy-to'].split(',')"}
              key: object.metadata.namespace
              template: {kind: v1/Secret, metadata: {labels: {copy-of: "${s.metadata.name}"}}, data: "${s.data}"}
              initial: {metadata: {name: "${s.metadata.name}", namespace: "${ns}"}}
            event: {deleted: "Deleted the copy in ${object.metadata.namespace}"}
      """
    And the manifests:
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: a}
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: b}
      ---
      apiVersion: v1
      kind: Secret
      metadata: {name: db, annotations: {copy-to: "a,b"}}
      data: {password: c2VjcmV0}
      """
    And the control plane is idle
    And there are 2 Secrets labelled "copy-of=db"

  Rule: It is undone when the condition ends, when an element goes, and when the primary goes

    Example: The condition ends, and comes back
      When Secret "db" is labelled anew "paused=1"
      And the control plane is idle
      Then there are no Secrets labelled "copy-of=db"
      And an Event SuccessfulDelete on Secret "db" says "Deleted the copy in a"
      When Secret "db" is labelled anew "paused-"
      And the control plane is idle
      Then there are 2 Secrets labelled "copy-of=db"

    Example: An element of the list goes
      When metadata.annotations.copy-to of Secret "db" is set to "b"
      And the control plane is idle
      Then Secret "a/db" is gone
      And Secret "b/db" exists

    Example: The primary is deleted; no owner reference reaches into another namespace
      When Secret "db" is deleted
      And the control plane is idle
      Then there are no Secrets
      And no rule has failed

    Example: The primary leaves `where`
      When metadata.annotations of Secret "db" is removed
      And the control plane is idle
      Then Secret "db" exists
      And there are no Secrets labelled "copy-of=db"

  Rule: Nothing is remembered in the process

    Example: The condition ends while no controller runs
      When the controllers stop
      And Secret "db" is labelled anew "paused=1"
      And the controllers are restarted
      And the control plane is idle
      Then there are no Secrets labelled "copy-of=db"

    Example: The primary is deleted while no controller runs
      When the controllers stop
      And Secret "db" is deleted
      And the controllers are restarted
      And the control plane is idle
      Then there are no Secrets

    Example: A restart alone undoes nothing
      When the controllers are restarted
      And everything is reconciled again
      Then nothing was written
      And there are 2 Secrets labelled "copy-of=db"

  Rule: A crash between two effects leaves what the next pass repairs

    Example: Between two creations
      When the controllers crash after the 1st creation of Secret
      And Secret "db" is labelled anew "paused=1"
      And the control plane is idle
      And Secret "db" is labelled anew "paused-"
      And the control plane is idle
      Then there are 2 Secrets labelled "copy-of=db"
      And the faults have struck 1 time

    Example: Between two deletions
      When the controllers crash after the 1st deletion of Secret
      And Secret "db" is deleted
      And the control plane is idle
      Then there are no Secrets
      And the faults have struck 1 time

    Example: The answer to a deletion is lost
      When the answer to the 1st deletion of Secret is lost
      And Secret "db" is labelled anew "paused=1"
      And the control plane is idle
      Then there are no Secrets labelled "copy-of=db"
      And the faults have struck 1 time

    Example: A deletion is refused, for a while
      When every deletion of Secret is refused with "not today"
      And Secret "db" is deleted
      And 5 seconds pass
      Then there are 2 Secrets labelled "copy-of=db"
      And rule set "copier" failed with "not today"
      When nothing goes wrong any more
      And 60 seconds pass
      Then there are no Secrets

  Rule: Others' objects are left alone

    Example: One that looks alike, but was not made by the rule
      Given the manifest:
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: mine, namespace: a, labels: {copy-of: db2}}
        """
      When metadata.labels of Secret "a/mine" is set to {copy-of: db}
      And Secret "db" is deleted
      And the control plane is idle
      Then Secret "a/mine" exists
      And there is 1 Secret

    Example: A copy that somebody made of a copy, stamp and all
      Given the manifest:
        """
        apiVersion: v1
        kind: Secret
        metadata:
          name: backup
          namespace: a
          annotations: {ruleplane.dev/made-by: copier/copy, ruleplane.dev/made-for: default/db}
        """
      When Secret "db" is deleted
      And the control plane is idle
      Then Secret "a/backup" exists
      And there is 1 Secret

    Example: What the rule set itself made of such a copy, stamp and all, but not under `while`
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: press}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'prints' in c.data"}}
          watch:
            plates: {kind: v1/ServiceAccount, labels: {plate: "${c.metadata.name}"}}
            prints: {kind: v1/ServiceAccount, labels: {print: "${c.metadata.name}"}}
          rules:
            - name: plate
              doc: There is a plate as long as there is something to print.
              while: c.data.prints == 'yes'
              ensure:
                objects: plates
                count: "1"
                owner: none
                template: {kind: v1/ServiceAccount}
                initial: {metadata: {generateName: plate-, labels: {plate: "${c.metadata.name}"}}}
            - name: print
              doc: There is a print of it.
              when: size(plates) == 1
              ensure:
                objects: prints
                count: "1"
                owner: none
                template: {kind: v1/ServiceAccount, from: {metadata: {annotations: "${plates[0].metadata.annotations}"}}}
                initial: {metadata: {generateName: print-, labels: {print: "${c.metadata.name}"}}}
        """
      And the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: page}, data: {prints: "yes"}}
        """
      And the control plane is idle
      When data.prints of ConfigMap "page" is set to "no"
      And the control plane is idle
      Then there are no ServiceAccounts labelled "plate=page"
      And there is 1 ServiceAccount labelled "print=page"

  Rule: Under `each` it is undone for the element that goes, and for no other

    Background:
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: lamps}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'rooms' in c.data"}}
          watch: {lamps: {kind: v1/ServiceAccount, controlledBy: c}}
          rules:
            - name: light
              doc: Each room that is not dark has two lamps.
              each: {r: "c.data.rooms.split(',')"}
              while: r != c.data.?dark.orValue('')
              ensure:
                objects: lamps.filter(l, l.metadata.labels.room == r && !('broken' in l.metadata.labels))
                count: "2"
                template: {kind: v1/ServiceAccount}
                initial: {metadata: {generateName: lamp-, labels: {room: "${r}"}}}
        """
      And the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: house}, data: {rooms: "hall,attic"}}
        """
      And the control plane is idle
      And there are 4 ServiceAccounts

    Example: The element leaves the list
      When data.rooms of ConfigMap "house" is set to attic
      And the control plane is idle
      Then there are no ServiceAccounts labelled "room=hall"
      And there are 2 ServiceAccounts labelled "room=attic"

    Example: The condition ends for it, and comes back
      When data.dark of ConfigMap "house" is set to attic
      And the control plane is idle
      Then there are 2 ServiceAccounts labelled "room=hall"
      And there are no ServiceAccounts labelled "room=attic"
      When data.dark of ConfigMap "house" is removed
      And the control plane is idle
      Then there are 2 ServiceAccounts labelled "room=attic"

    Example: What leaves `objects` by itself while the rule holds is replaced, and stays to be looked at
      When one of ServiceAccounts labelled "room=hall" is labelled anew "broken=yes"
      And the control plane is idle
      Then there are 3 ServiceAccounts labelled "room=hall"
      And there is 1 ServiceAccount labelled "broken=yes"
      When data.rooms of ConfigMap "house" is set to attic
      And the control plane is idle
      Then there are no ServiceAccounts labelled "room=hall"

    Example: The element leaves the list while no controller runs
      When the controllers stop
      And data.rooms of ConfigMap "house" is set to hall
      And the controllers are restarted
      And the control plane is idle
      Then there are 2 ServiceAccounts labelled "room=hall"
      And there are no ServiceAccounts labelled "room=attic"

  Rule: Taken out or edited, a rule set first undoes what it did

    Example: Taken out
      When rule set "copier" is taken out
      Then rule set "copier" has not undone everything
      When the control plane is idle
      Then rule set "copier" has undone everything
      And there are no Secrets labelled "copy-of=db"
      And Secret "db" exists

    Example: The rule that made them is no longer in it
      When the rules are replaced by:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: copier}
        spec:
          component: test
          for: {s: {kind: v1/Secret, where: "has(s.metadata.annotations) && 'copy-to' in s.metadata.annotations"}}
          rules:
            - name: mark
              doc: It says so.
              apply: {to: "${s}", metadata: {labels: {seen: "yes"}}}
        """
      And the control plane is idle
      Then there are no Secrets labelled "copy-of=db"
      And Secret "db" has metadata.labels.seen "yes"

    Example: A rule of another name goes on with what is there
      Given always there are 2 Secrets labelled "copy-of=db"
      When the rules are replaced by:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: copier}
        spec:
          component: test
          for: {s: {kind: v1/Secret, where: "has(s.metadata.annotations) && 'copy-to' in s.metadata.annotations"}}
          watch:
            copies: {kind: v1/Secret, theirs: "it.metadata.labels['copy-of']", ours: s.metadata.name}
          rules:
            - name: spread
              doc: Each namespace that the Secret names holds a copy of it.
              while: "true"
              ensure:
                objects: copies
                each: {ns: "s.metadata.annotations['copy-to'].split(',')"}
                key: object.metadata.namespace
                template: {kind: v1/Secret, metadata: {labels: {copy-of: "${s.metadata.name}", form: new}}}
                initial: {metadata: {name: "${s.metadata.name}", namespace: "${ns}"}}
        """
      And the control plane is idle
      Then there are 2 Secrets labelled "form=new"

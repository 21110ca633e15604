Feature: A finalizer holds a deleted object back until the rules have cleaned up

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: saver}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "has(c.metadata.labels) && 'saved' in c.metadata.labels"}}
        finalizer: {name: example.com/save, until: "backup != null && has(backup.data)"}
        watch:
          parts: {kind: v1/Secret, theirs: "it.metadata.labels['part-of']", ours: c.metadata.name}
          backup: {kind: v1/ConfigMap, name: "c.metadata.name + '-backup'"}
        rules:
          - name: parts
            doc: There is one part.
            while: "true"
            ensure:
              objects: parts
              count: "1"
              template: {kind: v1/Secret, metadata: {labels: {part-of: "${c.metadata.name}"}}}
              initial: {metadata: {generateName: "${c.metadata.name}-", namespace: kube-public}}
          - name: greet
            doc: It is greeted.
            apply: {to: "${c}", metadata: {annotations: {greeting: hello}}}
          - name: save
            doc: A deleted one is saved first.
            finalize: true
            ensure:
              objects: backup
              each: {called: "[c.metadata.name + '-backup']"}
              key: object.metadata.name
              template: {kind: v1/ConfigMap, metadata: {labels: {backup: "yes"}}}
              initial: {metadata: {name: "${called}"}}
              owner: none
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: db, labels: {saved: "yes"}}
      """

  Rule: It is on the object before anything else is done

    Example: The first pass adds it, and nothing else
      When the control plane is idle
      Then ConfigMap "db" has metadata.finalizers ["example.com/save"]
      And metadata.finalizers of ConfigMap "db" is so because of rule "saver/finalizer"
      And there is 1 Secret labelled "part-of=db"
      And ConfigMap "db" has metadata.annotations.greeting hello
      And ConfigMap "db-backup" does not exist

    Example: It cannot be added
      When every change of ConfigMap is refused with "not today"
      And 5 seconds pass
      Then there are no Secrets labelled "part-of=db"
      And rule set "saver" failed with "not today"

    Example: The controller dies right after adding it
      Given the controllers crash after the 1st change of ConfigMap
      When the control plane is idle
      Then there is 1 Secret labelled "part-of=db"
      And the faults have struck 1 time

  Rule: Then only the finalizing rules hold, what was held under `while` is undone, and it goes at last

    Example: The order of it
      Given the control plane is idle
      When ConfigMap "db" is deleted
      And the control plane is idle
      Then ConfigMap "db-backup" exists
      And there are no Secrets labelled "part-of=db"
      And ConfigMap "db" is being deleted
      When metadata.annotations.greeting of ConfigMap "db" is removed
      And the control plane is idle
      Then ConfigMap "db" has no metadata.annotations.greeting
      When data.done of ConfigMap "db-backup" is set to "1"
      And the control plane is idle
      Then ConfigMap "db" is gone
      And ConfigMap "db-backup" exists

    Example: The controller dies between cleaning up and letting go
      Given the control plane is idle
      And the controllers crash after the 1st deletion of Secret
      When ConfigMap "db" is deleted
      And the control plane is idle
      And data.done of ConfigMap "db-backup" is set to "1"
      And the control plane is idle
      Then ConfigMap "db" is gone
      And there are no Secrets labelled "part-of=db"
      And the faults have struck 1 time

    Example: As long as something cannot be undone, it stays
      Given the control plane is idle
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: db-backup}
        data: {done: "1"}
        """
      And every deletion of Secret is refused with "not today"
      When ConfigMap "db" is deleted
      And 5 seconds pass
      Then ConfigMap "db" is being deleted
      When nothing goes wrong any more
      And 60 seconds pass
      Then ConfigMap "db" is gone
      And there are no Secrets labelled "part-of=db"

  Rule: Nobody is left with a finalizer that nobody takes off

    Example: The object leaves `where`
      Given the control plane is idle
      When ConfigMap "db" is labelled anew "saved-"
      And the control plane is idle
      Then ConfigMap "db" has no metadata.finalizers
      And there are no Secrets labelled "part-of=db"

    Example: It leaves `where` while no controller runs
      Given the control plane is idle
      When the controllers stop
      And ConfigMap "db" is labelled anew "saved-"
      And the controllers are restarted
      And the control plane is idle
      Then ConfigMap "db" has no metadata.finalizers
      And there are no Secrets labelled "part-of=db"

    Example: The rule set is taken out
      Given the control plane is idle
      When rule set "saver" is taken out
      And the control plane is idle
      Then rule set "saver" has undone everything
      And ConfigMap "db" has no metadata.finalizers
      And there are no Secrets labelled "part-of=db"

    Example: It is taken out while an object waits to be saved
      Given the control plane is idle
      When ConfigMap "db" is deleted
      And the control plane is idle
      And rule set "saver" is taken out
      And the control plane is idle
      Then ConfigMap "db" is being deleted
      When data.done of ConfigMap "db-backup" is set to "1"
      And the control plane is idle
      Then ConfigMap "db" is gone
      And rule set "saver" has undone everything

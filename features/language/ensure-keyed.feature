Feature: One object exists for each key of a list

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: gardener}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'beds' in c.data"}}
        watch: {plants: {kind: v1/Secret, ownedBy: c}}
        let: {bed(p): "p.metadata.labels.bed"}
        rules:
          - name: plant
            doc: Each bed has a plant.
            ensure:
              objects: {p: plants}
              each: {b: "c.data.beds.split(',')"}
              by: b.lowerAscii()
              key: bed(p)
              create: "missing.filter(k, k != c.data.?frozen.orValue(''))"
              delete: surplus.filter(p, !('wild' in p.metadata.?annotations.orValue({})))
              update: different.filter(p, !('wild' in p.metadata.?annotations.orValue({})))
              template: {kind: v1/Secret, metadata: {labels: {written: "${b}"}}}
              initial: {metadata: {name: "${c.metadata.name}-${b.lowerAscii()}", labels: {bed: "${b.lowerAscii()}"}}}
            event: {created: "planted ${object.metadata.name}", deleted: "dug ${object.metadata.name} up"}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: plot}
      data: {beds: "North,South"}
      """
    And the control plane is idle

  Rule: The list and the objects meet by their keys

    Example: One for each
      Then there are 2 Secrets
      And Secret "plot-north" has metadata.labels {bed: north, written: North}
      And Secret "plot-south" has metadata.labels {bed: south, written: South}
      And every Secret has metadata.ownerReferences[name=plot].kind ConfigMap
      And an Event SuccessfulCreate on ConfigMap "plot" says "planted plot-north"

    Example: An element comes, another goes, and the third stays as it is
      When data.beds of ConfigMap "plot" is set to "South,West"
      And the control plane is idle
      Then there are 2 Secrets
      And Secret "plot-west" exists because of rule "gardener/plant"
      And Secret "plot-north" is gone
      And an Event SuccessfulDelete on ConfigMap "plot" says "dug plot-north up"
      And the cause of Secret "plot-south" is a request by kubectl

    Example: The element is spelt anew, and its object is brought into line
      When data.beds of ConfigMap "plot" is set to "NORTH,South"
      And the control plane is idle
      Then Secret "plot-north" has metadata.labels {bed: north, written: NORTH}
      And there are 2 Secrets

    Example: A second one with the same key is surplus, and so is one without
      Given the manifests:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: twin, labels: {bed: north}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: stray, labels: {bed: ""}}}
        """
      When Secret "twin" belongs to ConfigMap "plot"
      And Secret "stray" belongs to ConfigMap "plot"
      And the control plane is idle
      Then there are 2 Secrets
      And Secret "twin" is gone
      And Secret "stray" is gone

    Example: Two elements with one key are an error, and nothing happens
      When data.beds of ConfigMap "plot" is set to "west,West"
      And the control plane is idle
      Then rule set "gardener" failed with "two elements have the key"
      And there are 2 Secrets
      And Secret "plot-north" exists

  Rule: `create`, `delete` and `update` say which of them

    Example: What is frozen is planted later
      When data.frozen of ConfigMap "plot" is set to west
      And data.beds of ConfigMap "plot" is set to "North,South,West"
      And the control plane is idle
      Then there are 2 Secrets
      When data.frozen of ConfigMap "plot" is removed
      And the control plane is idle
      Then Secret "plot-west" exists

    Example: What is wild is left alone
      Given metadata.annotations.wild of Secret "plot-north" is set to "yes"
      When data.beds of ConfigMap "plot" is set to "NORTH,South"
      And the control plane is idle
      Then Secret "plot-north" has metadata.labels.written North
      When data.beds of ConfigMap "plot" is set to "South"
      And the control plane is idle
      Then Secret "plot-north" exists

  Rule: Objects are taken literally

    Example: One that is being deleted still holds its key, until it is gone
      Given metadata.finalizers of Secret "plot-north" is set to [example.com/wait]
      When Secret "plot-north" is deleted
      And the control plane is idle
      Then there are 2 Secrets
      And no rule has failed
      When metadata.finalizers of Secret "plot-north" is removed
      And the control plane is idle
      Then Secret "plot-north" exists
      And there are 2 Secrets

    Example: A name that another's object has is refused, not taken
      Given the manifest:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: plot-west, labels: {mine: "yes"}}}
        """
      When data.beds of ConfigMap "plot" is set to "North,South,West"
      And the control plane is idle
      Then Secret "plot-west" has metadata.labels {mine: "yes"}
      And rule set "gardener" failed with "already exists"

    Example: One of that name that is its own, and still going, is waited for
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: mason}
        spec:
          component: test
          for: {s: {kind: v1/ServiceAccount}}
          watch: {walls: {kind: v1/ConfigMap, controlledBy: s}}
          rules:
            - name: wall
              doc: There is a wall, and one that is being torn down does not count.
              ensure:
                objects: walls.filter(w, !isDeleting(w))
                each: {w: "['wall']"}
                key: object.metadata.name
                template: {kind: v1/ConfigMap}
                initial: {metadata: {name: "${w}"}}
              event: {created: "built ${object.metadata.name}"}
        """
      And the manifest:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: town}}
        """
      And the control plane is idle
      And metadata.finalizers of ConfigMap "wall" is set to [example.com/wait]
      When ConfigMap "wall" is deleted
      And 5 seconds pass
      Then ConfigMap "wall" is being deleted
      And Event SuccessfulCreate was told 1 time on ServiceAccount "town"
      When metadata.finalizers of ConfigMap "wall" is removed
      And the control plane is idle
      Then ConfigMap "wall" has no metadata.deletionTimestamp
      And Event SuccessfulCreate was told 2 times on ServiceAccount "town"

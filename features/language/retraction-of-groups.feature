Feature: What a rule set for groups holds under `while` is undone when the condition ends, and when the group has no members left

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: zones}
      spec:
        component: test
        for: {members: {kind: v1/Secret, by: it.metadata.labels.zone}}
        watch:
          counts: {kind: v1/ConfigMap, labels: {counts: "${group}"}, namespace: "'default'"}
          space: {kind: v1/Namespace, name: group, namespace: "''"}
        rules:
          - name: count
            doc: A zone with nobody who is shy has a ConfigMap that counts its members.
            while: "!members.exists(m, 'shy' in m.metadata.labels)"
            ensure:
              objects: counts
              count: "1"
              template: {kind: v1/ConfigMap, data: {members: "${string(size(members))}"}}
              initial: {metadata: {generateName: zone-, namespace: default, labels: {counts: "${group}"}}}
          - name: mark
            doc: The Namespace of the zone's name is marked.
            while: "!members.exists(m, 'shy' in m.metadata.labels)"
            apply: {to: "${space}", metadata: {labels: {lived-in: "yes"}}}
      """
    And the manifests:
      """
      {apiVersion: v1, kind: Namespace, metadata: {name: north}}
      ---
      {apiVersion: v1, kind: Namespace, metadata: {name: south}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: a, labels: {zone: north}}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: b, labels: {zone: north}}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: c, labels: {zone: south}}}
      """
    And the control plane is idle
    And there are 2 ConfigMaps
    And Namespace "north" has metadata.labels.lived-in "yes"

  Example: The condition ends for one group, and comes back
    When Secret "b" is labelled anew "shy=very"
    And the control plane is idle
    Then there are no ConfigMaps labelled "counts=north"
    And Namespace "north" has no metadata.labels.lived-in
    And ConfigMap labelled "counts=south" has data.members "1"
    And Namespace "south" has metadata.labels.lived-in "yes"
    When Secret "b" is labelled anew "shy-"
    And the control plane is idle
    Then ConfigMap labelled "counts=north" has data.members "2"
    And Namespace "north" has metadata.labels.lived-in "yes"

  Example: A member that moves empties one group and joins another
    When Secret "c" is labelled anew "zone=north"
    And the control plane is idle
    Then there are no ConfigMaps labelled "counts=south"
    And Namespace "south" has no metadata.labels.lived-in
    And ConfigMap labelled "counts=north" has data.members "3"

  Example: The last member goes
    When Secret "c" is deleted
    And the control plane is idle
    Then there are no ConfigMaps labelled "counts=south"
    And Namespace "south" has no metadata.labels.lived-in
    And no rule has failed

  Example: The last member goes while no controller runs
    When the controllers stop
    And Secret "c" is deleted
    And the controllers are restarted
    And the control plane is idle
    Then there are no ConfigMaps labelled "counts=south"
    And Namespace "south" has no metadata.labels.lived-in
    And there is 1 ConfigMap

  Example: A restart alone undoes nothing
    When the controllers are restarted
    And everything is reconciled again
    Then nothing was written
    And there are 2 ConfigMaps

  Example: What only looks as if the rule had made it stays
    Given the manifest:
      """
      {apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {counts: north}}, data: {members: "2"}}
      """
    When Secrets labelled "zone=north" are deleted
    And the control plane is idle
    Then there is 1 ConfigMap labelled "counts=north"
    And ConfigMap "a" exists

  Example: The rule set is taken out
    When rule set "zones" is taken out
    And the control plane is idle
    Then rule set "zones" has undone everything
    And there are no ConfigMaps
    And Namespace "north" has no metadata.labels.lived-in
    And Namespace "south" has no metadata.labels.lived-in

  Example: An edit of the rules takes one of them away
    When the rules are replaced by:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: zones}
      spec:
        component: test
        for: {members: {kind: v1/Secret, by: it.metadata.labels.zone}}
        watch:
          space: {kind: v1/Namespace, name: group, namespace: "''"}
        rules:
          - name: mark
            doc: The Namespace of the zone's name is marked.
            while: "true"
            apply: {to: "${space}", metadata: {labels: {lived-in: "yes"}}}
      """
    And the control plane is idle
    Then there are no ConfigMaps
    And Namespace "north" has metadata.labels.lived-in "yes"

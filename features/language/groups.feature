Feature: A rule set for groups is reconciled once per value, with the list of those who have it

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
        rules:
          - name: keep-count
            doc: There is one ConfigMap for the zone.
            ensure:
              objects: counts
              count: "1"
              template: {kind: v1/ConfigMap, data: {members: "${string(size(members))}"}}
              initial: {metadata: {generateName: zone-, namespace: default, labels: {counts: "${group}"}}}
      """
    And the manifests:
      """
      {apiVersion: v1, kind: Secret, metadata: {name: a, labels: {zone: north}}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: b, labels: {zone: north}}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: c, labels: {zone: south}}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: d}}
      """
    And the control plane is idle

  Example: Each zone has its own (what has no zone is in none)
    Then there are 2 ConfigMaps
    And ConfigMap labelled "counts=north" has data.members "2"
    And ConfigMap labelled "counts=south" has data.members "1"

  Example: Who moves leaves one group and enters another
    When Secret "b" is labelled anew "zone=south"
    And the control plane is idle
    Then ConfigMap labelled "counts=north" has data.members "1"
    And ConfigMap labelled "counts=south" has data.members "2"

  Example: A zone that nobody is in is decided no more
    When Secret "c" is deleted
    And the control plane is idle
    Then ConfigMap labelled "counts=south" has data.members "1"
    And rule "keep-count" fired 2 times

  Example: Who has a list is in each of its values, and `where` says who counts at all
    Given the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: clubs}
      spec:
        component: test
        for:
          members:
            kind: v1/ServiceAccount
            by: it.metadata.annotations.clubs.split(',')
            where: "!('away' in it.metadata.?labels.orValue({}))"
        watch:
          lists: {kind: v1/ConfigMap, labels: {club: "${group}"}, namespace: "'default'"}
        rules:
          - name: list
            doc: Each club has a list of its members.
            ensure:
              objects: lists
              count: "1"
              template: {kind: v1/ConfigMap, data: {members: "${string(size(members))}"}}
              initial: {metadata: {generateName: club-, namespace: default, labels: {club: "${group}"}}}
      """
    And the manifests:
      """
      {apiVersion: v1, kind: ServiceAccount, metadata: {name: ann, annotations: {clubs: "chess,rowing"}}}
      ---
      {apiVersion: v1, kind: ServiceAccount, metadata: {name: bob, annotations: {clubs: rowing}}}
      ---
      {apiVersion: v1, kind: ServiceAccount, metadata: {name: cid}}
      """
    When the control plane is idle
    Then ConfigMap labelled "club=chess" has data.members "1"
    And ConfigMap labelled "club=rowing" has data.members "2"
    And there are 4 ConfigMaps
    When ServiceAccount "bob" is labelled anew "away=yes"
    And the control plane is idle
    Then ConfigMap labelled "club=rowing" has data.members "1"
    And no rule has failed

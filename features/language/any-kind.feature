Feature: A rule set may be for objects of every kind, of which it sees the metadata

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: warden}
      spec:
        component: test
        for: {o: {kind: "*", where: "has(o.metadata.labels) && 'ward' in o.metadata.labels"}}
        watch:
          space: {kind: v1/Namespace, name: "o.metadata.?namespace.orValue('')", namespace: "''"}
          mine: {kind: "*", ownedBy: o}
        rules:
          - name: note
            doc: Whoever is a ward says in which mood its namespace is, what it is, and how many things it owns.
            apply:
              to: "${o}"
              metadata:
                annotations:
                  mood: "${space == null ? 'none' : space.metadata.labels[?'mood'].orValue('calm')}"
                  kind: "${o.kind}"
                  owns: "${string(size(mine))}"
                  data: "${string(has(dyn(o).data))}"
      """
    And the manifests:
      """
      {apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {ward: "1"}}, data: {x: "1"}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: a, labels: {ward: "1"}}}
      ---
      {apiVersion: v1, kind: Node, metadata: {name: a, labels: {ward: "1"}}}
      ---
      {apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}
      """
    And the control plane is idle

  Example: Each of its kind, and those of one name are told apart
    Then ConfigMap "a" has metadata.annotations {mood: calm, kind: ConfigMap, owns: "0", data: "false"}
    And Secret "a" has metadata.annotations.kind Secret
    And Node "a" has metadata.annotations {mood: none, kind: Node, owns: "0", data: "false"}
    And ServiceAccount "a" has no metadata.annotations

  Example: A change of what is beside the metadata wakes nobody
    When data.x of ConfigMap "a" is set to "2"
    And the control plane is idle
    Then rule "note" fired 1 time on ConfigMap "a"

  Example: What is related wakes, of whatever kind it is
    When Namespace "default" is labelled anew "mood=gloomy"
    And the control plane is idle
    Then ConfigMap "a" has metadata.annotations.mood gloomy
    When ServiceAccount "a" belongs to Secret "a"
    And the control plane is idle
    Then Secret "a" has metadata.annotations.owns "1"
    And ConfigMap "a" has metadata.annotations.owns "0"

  Example: A kind that the cluster is given later
    Given the manifest:
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: sites.example.com}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: sites, singular: site, kind: Site}
        versions:
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}
      """
    And the control plane is idle
    When the manifest is applied:
      """
      {apiVersion: example.com/v1, kind: Site, metadata: {name: a, labels: {ward: "1"}}}
      """
    And the control plane is idle
    Then Site "a" has metadata.annotations.kind Site

Feature: A choice is made among enough candidates, and scores may be relative to the others

  Background:
    Given a cluster without bundled rules
    And the manifests:
      """
      {apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {room: "1"}}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: b, annotations: {room: "4"}}}
      ---
      {apiVersion: v1, kind: Secret, metadata: {name: c, annotations: {room: "2"}}}
      """

  Scenario Outline: The score of room counts <normalize>
    Given the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: placer}
      spec:
        component: test
        for: {g: {kind: v1/ConfigMap, where: "!has(g.metadata.labels)"}}
        watch: {places: {kind: v1/Secret}}
        rules:
          - name: place
            doc: A guest gets the best place.
            choose:
              place: places
              scores:
                Room: {value: int(place.metadata.annotations.room), normalize: <normalize>, weight: 2}
                Named: {value: "place.metadata.name == 'c' ? 99 : 0"}
              then: {apply: {to: "${g}", metadata: {labels: {place: "${place.metadata.name}"}}}}
      """
    And the manifest:
      """
      {apiVersion: v1, kind: ConfigMap, metadata: {name: guest}}
      """
    When the control plane is idle
    Then ConfigMap "guest" has metadata.labels.place <place>

    Examples:
      | normalize | place |
      | highest   | b     |
      | lowest    | c     |

  Example: One that passes is enough, and each place gets its turn
    Given the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: placer}
      spec:
        component: test
        for: {g: {kind: v1/ConfigMap, where: "!has(g.metadata.labels)"}}
        watch: {places: {kind: v1/Secret}}
        rules:
          - name: place
            doc: A guest gets the first place that is looked at.
            choose:
              place: places
              enough: "1"
              scores: {Room: {value: int(place.metadata.annotations.room)}}
              then: {apply: {to: "${g}", metadata: {labels: {place: "${place.metadata.name}"}}}}
      """
    And the manifests:
      """
      {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}
      ---
      {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}
      ---
      {apiVersion: v1, kind: ConfigMap, metadata: {name: three}}
      """
    When the control plane is idle
    Then there is 1 ConfigMap labelled "place=a"
    And there is 1 ConfigMap labelled "place=b"
    And there is 1 ConfigMap labelled "place=c"

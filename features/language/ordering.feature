Feature: What one pass sends goes in an order: creations, then changes, then deletions

  What is new exists before anything points at it, and nothing goes before what replaces it is there.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: mover}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.current)"}}
        watch:
          parts: {kind: v1/Secret, ownedBy: c}
        let:
          current: parts.filter(p, p.metadata.name == c.data.current)
        rules:
          - name: drop
            doc: Parts of the past are deleted (first on the page, last to be sent).
            delete: {objects: "parts.filter(p, p.metadata.name != c.data.current)"}
          - name: point
            doc: The annotation names the part.
            apply: {to: "${c}", metadata: {annotations: {part: "${c.data.current}"}}}
          - name: make
            doc: The part of the day exists.
            ensure:
              objects: current
              each: {name: "[c.data.current]"}
              key: object.metadata.name
              owner: owner
              template: {kind: v1/Secret}
              initial: {metadata: {name: "${name}"}}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: day}
      data: {current: monday}
      """
    And the control plane is idle

  Example: The new part is there before the annotation names it, and the old one goes last
    Given always there is at least 1 Secret
    When data.current of ConfigMap "day" is set to tuesday
    And the control plane is idle
    Then there is 1 Secret
    And Secret "tuesday" exists because of rule "make"

  Example: A crash after the creation leaves both, and the next pass does the rest
    Given the controllers crash after the next creation of Secret
    When data.current of ConfigMap "day" is set to tuesday
    And the control plane is idle
    Then there is 1 Secret
    And ConfigMap "day" has metadata.annotations.part tuesday
    And the faults have struck 1 time

  Example: A crash between change and deletion leaves one too many, and the next pass deletes it
    Given the controllers crash after the next change of ConfigMap
    When data.current of ConfigMap "day" is set to tuesday
    And the control plane is idle
    Then there is 1 Secret
    And the faults have struck 1 time

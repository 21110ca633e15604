Feature: Fields held under `while` are given up when that no longer holds

  They are held by server-side apply: what another manager owns too stays, what nobody else owns goes.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: painter}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'paints' in c.data"}}
        watch:
          room: {kind: v1/Namespace, name: c.data.paints}
        rules:
          - name: paint
            doc: The Namespace has the colour that the ConfigMap says.
            while: "'colour' in c.data"
            apply: {to: "${room}", metadata: {labels: {colour: "${c.data.colour}"}}}
          - name: tell
            doc: The ConfigMap says that it paints.
            while: "'colour' in c.data"
            apply: {to: "${c}", metadata: {labels: {state: painting}}}
      """
    And the manifests:
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: hall}
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: attic}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: brush}
      data: {paints: hall, colour: red}
      """
    And the control plane is idle
    And Namespace "hall" has metadata.labels.colour red
    And ConfigMap "brush" has metadata.labels.state painting

  Rule: They go with the condition, with the target, and with the primary

    Example: The condition ends
      When data.colour of ConfigMap "brush" is removed
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour
      And ConfigMap "brush" has no metadata.labels.state
      And Namespace "hall" has 1 entries in metadata.labels

    Example: It points elsewhere
      When data.paints of ConfigMap "brush" is set to attic
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour
      And Namespace "attic" has metadata.labels.colour red

    Example: It points elsewhere, said while no controller runs
      When the controllers stop
      And data.paints of ConfigMap "brush" is set to attic
      And the controllers are restarted
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour
      And Namespace "attic" has metadata.labels.colour red

    Example: The primary is deleted
      When ConfigMap "brush" is deleted
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour

    Example: The primary is deleted while no controller runs
      When the controllers stop
      And ConfigMap "brush" is deleted
      And the controllers are restarted
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour

    Example: The primary leaves `where`
      When data.paints of ConfigMap "brush" is removed
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour
      And ConfigMap "brush" has no metadata.labels.state

    Example: The rule set is taken out
      When rule set "painter" is taken out
      And the control plane is idle
      Then rule set "painter" has undone everything
      And Namespace "hall" has no metadata.labels.colour
      And ConfigMap "brush" has no metadata.labels.state

    Example: What is so already is not applied again, nor even asked for
      When everything is reconciled again
      Then nothing was written
      And rule "paint" fired 1 time

    Example: A cache that lags behind does not pass for a primary that is gone
      Given always Namespace "hall" has metadata.labels.colour red
      And the cache of ConfigMap lags 3 seconds behind
      When the controllers are restarted
      And 10 seconds pass
      Then Namespace "hall" has metadata.labels.colour red

  Rule: What others own stays

    Example: Another manager wants the same value
      Given the manifest:
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: hall, labels: {colour: red, owner: me}}
        """
      When ConfigMap "brush" is deleted
      And the control plane is idle
      Then Namespace "hall" has metadata.labels.colour red
      And Namespace "hall" has metadata.labels.owner me

    Example: A second primary holds the same field
      Given the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: roller}
        data: {paints: hall, colour: red}
        """
      And the control plane is idle
      When ConfigMap "brush" is deleted
      And the control plane is idle
      Then Namespace "hall" has metadata.labels.colour red
      When ConfigMap "roller" is deleted
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour

  Rule: An error undoes nothing

    Example: An expression fails
      Given the rules are replaced by:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: painter}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'paints' in c.data"}}
          watch:
            room: {kind: v1/Namespace, name: c.data.paints}
          rules:
            - name: paint
              doc: The Namespace has the colour that the ConfigMap says.
              while: c.data.colour != 'none'
              apply: {to: "${room}", metadata: {labels: {colour: "${c.data.colour}"}}}
        """
      When data.colour of ConfigMap "brush" is removed
      And the control plane is idle
      Then Namespace "hall" has metadata.labels.colour red
      And rule set "painter" failed with "paint"
      And ConfigMap "brush" has metadata.labels.state painting
      When data.colour of ConfigMap "brush" is set to none
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour
      And ConfigMap "brush" has no metadata.labels.state

  Rule: A crash between two effects leaves what the next pass repairs

    Example: Given up in one place, not yet in the other
      When the controllers crash after the 1st change of Namespace
      And data.colour of ConfigMap "brush" is removed
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour
      And ConfigMap "brush" has no metadata.labels.state
      And the faults have struck 1 time

    Example: Given up there, not yet held here
      When the controllers crash after the 1st change of Namespace
      And data.paints of ConfigMap "brush" is set to attic
      And the control plane is idle
      Then Namespace "hall" has no metadata.labels.colour
      And Namespace "attic" has metadata.labels.colour red
      And the faults have struck 1 time

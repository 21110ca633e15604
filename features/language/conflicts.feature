Feature: Two rules that want different values for one field are told, and nothing of that object is written

  Example: The others' objects are written as ever
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: painter}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        rules:
          - name: red
            doc: Everything is red.
            apply: {to: "${c}", data: {colour: red}}
          # allow RP012: because what two rules do that disagree is shown here
          - name: blue
            doc: What is called sky is blue.
            when: c.metadata.name == 'sky'
            apply: {to: "${c}", data: {colour: blue}}
          - name: hang
            doc: Everything hangs somewhere, of which nobody disagrees.
            apply: {to: "${c}", metadata: {labels: {hangs: "yes"}}}
      """
    And the manifests:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: sky}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: rose}
      """
    When the control plane is idle
    Then ConfigMap "rose" has data.colour red
    And ConfigMap "rose" has metadata.labels.hangs "yes"
    And ConfigMap "sky" has no data.colour
    And ConfigMap "sky" has no metadata.labels
    And rule set "painter" failed with "data.colour should have two values at once"
    And rule set "painter" failed with "rules red, blue"

  Example: A plain wish and one under `while` may contradict each other, too
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: painter}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        rules:
          - name: red
            doc: Everything is red as long as it has the name.
            while: c.metadata.name != 'rose'
            apply: {to: "${c}", data: {colour: red}}
          # allow RP013: because what two rules do that disagree is shown here
          - name: blue
            doc: What is called sky is blue.
            when: c.metadata.name == 'sky'
            apply: {to: "${c}", data: {colour: blue}}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: sky}
      """
    When the control plane is idle
    Then ConfigMap "sky" has no data.colour
    And rule set "painter" failed with "rules blue, red"

  Example: Two that agree do not contradict each other
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: painter}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap}}
        rules:
          - name: red
            doc: Everything is red.
            apply: {to: "${c}", data: {colour: red}}
          - name: warm
            doc: Everything is red and warm.
            apply: {to: "${c}", data: {colour: red, warm: "yes"}}
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: rose}
      """
    When the control plane is idle
    Then ConfigMap "rose" has data.colour red
    And ConfigMap "rose" has data.warm "yes"
    And rule "red" fired 1 time
    And no rule has failed

  Rule: Two rule sets that put a field to and fro are told, both of them, and do so ever more rarely

    Background:
      Given a cluster without bundled rules
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: red}
        spec:
          component: painters
          for: {c: {kind: v1/ConfigMap, where: has(c.data)}}
          rules:
            - name: paint
              doc: What has red is red.
              when: "'red' in c.data"
              apply: {to: "${c}", metadata: {labels: {colour: red}}}
        ---
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: blue}
        spec:
          component: painters
          for: {c: {kind: v1/ConfigMap, where: has(c.data)}}
          rules:
            # allow RP013: because what two rule sets do that disagree is shown here
            - name: tint
              doc: What has blue is blue.
              when: "'blue' in c.data"
              apply: {to: "${c}", metadata: {labels: {colour: blue}}}
        """

    Example: Each error names both, with rule and firing, the object and the field
      Given the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: sky}
        data: {red: "", blue: ""}
        """
      When the control plane is idle
      Then rule set "red" failed with "ConfigMap default/sky: metadata.labels.colour goes to and fro"
      And rule set "red" failed with "between red/paint (firing 8) and blue/tint (firing 9)"
      And rule set "blue" failed with "ConfigMap default/sky: metadata.labels.colour goes to and fro"
      And rule set "blue" failed with "between blue/tint (firing 9) and red/paint (firing 8)"
      And an Event FieldContested on ConfigMap "sky" contains "metadata.labels.colour goes to and fro"

    Example: They slow down, as after any error
      Given the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: sky}
        data: {red: "", blue: ""}
        """
      When 1 hour passes
      Then rule "paint" fired at most 40 times
      And rule "tint" fired at most 40 times
      When 1 hour passes
      Then rule "paint" fired at most 60 times

    Example: Who lets go ends it
      Given the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: sky}
        data: {red: "", blue: ""}
        """
      And 1 hour passes
      When data.blue of ConfigMap "sky" is removed
      Then within 6 minutes ConfigMap "sky" has metadata.labels.colour red
      And for 1 hour ConfigMap "sky" has metadata.labels.colour red

    Example: Other objects go on as ever
      Given the manifests:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: sky}
        data: {red: "", blue: ""}
        """
      And 1 hour passes
      When the manifest is applied:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: rose}
        data: {red: ""}
        """
      And the control plane is idle
      Then ConfigMap "rose" has metadata.labels.colour red

    Example: A field that changes hands is no matter, however often
      Given the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: sky}
        data: {red: ""}
        """
      And the control plane is idle
      When ConfigMap "sky" is patched:
        """
        data: {red: null, blue: ""}
        """
      And the control plane is idle
      Then ConfigMap "sky" has metadata.labels.colour blue
      When ConfigMap "sky" is patched:
        """
        data: {red: "", blue: null}
        """
      And the control plane is idle
      Then ConfigMap "sky" has metadata.labels.colour red
      When ConfigMap "sky" is patched:
        """
        data: {red: null, blue: ""}
        """
      And the control plane is idle
      Then ConfigMap "sky" has metadata.labels.colour blue
      And no rule has failed

    Example: What a person sets is set again, and that is no fight
      Given the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: sky}
        data: {red: ""}
        """
      And the control plane is idle
      When metadata.labels.colour of ConfigMap "sky" is set to green
      And the control plane is idle
      And metadata.labels.colour of ConfigMap "sky" is set to green
      And the control plane is idle
      Then ConfigMap "sky" has metadata.labels.colour red
      And no rule has failed

  Rule: So are two that hold a field under `while`, each by force

    Example: Two managers
      Given a cluster without bundled rules
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: red}
        spec:
          component: painters
          for: {c: {kind: v1/ConfigMap, where: has(c.data)}}
          rules:
            - name: paint
              doc: What has red is red.
              while: "'red' in c.data"
              apply: {to: "${c}", metadata: {labels: {colour: red}}}
        ---
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: blue}
        spec:
          component: painters
          for: {c: {kind: v1/ConfigMap, where: has(c.data)}}
          rules:
            # allow RP013: because what two rule sets do that disagree is shown here
            - name: tint
              doc: What has blue is blue.
              while: "'blue' in c.data"
              apply: {to: "${c}", metadata: {labels: {colour: blue}}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: sky}
        data: {red: "", blue: ""}
        """
      When 1 hour passes
      Then rule set "red" failed with "metadata.labels.colour goes to and fro between red/paint"
      And rule set "blue" failed with "metadata.labels.colour goes to and fro between blue/tint"
      And rule "paint" fired at most 40 times
      When data.red of ConfigMap "sky" is removed
      Then within 6 minutes ConfigMap "sky" has metadata.labels.colour blue
      And for 1 hour ConfigMap "sky" has metadata.labels.colour blue

  Rule: So are two primaries of one rule set that write one object

    Example: Two boxes and their shelf
      Given a cluster without bundled rules
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: shelves}
        spec:
          component: test
          for: {box: {kind: v1/ConfigMap, where: has(box.data) && has(box.data.shelf)}}
          watch: {shelf: {kind: v1/Namespace, name: box.data.shelf}}
          rules:
            - name: note
              doc: A shelf says which box lies on it.
              when: shelf != null
              apply: {to: "${shelf}", metadata: {labels: {box: "${box.metadata.name}"}}}
        """
      And the manifests:
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: top}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: one}
        data: {shelf: top}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: two}
        data: {shelf: top}
        """
      When 1 hour passes
      Then rule set "shelves" failed with "Namespace top: metadata.labels.box goes to and fro"
      And rule set "shelves" failed with "shelves/note for v1/ConfigMap/default/one"
      And rule set "shelves" failed with "shelves/note for v1/ConfigMap/default/two"
      And rule "note" fired at most 80 times

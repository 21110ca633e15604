Feature: So many objects exist: what is missing is made, what is surplus goes, what differs is brought into line

  `create`, `delete` and `update` say which of them; without them it is all.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: host}
      spec:
        component: test
        for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'seats' in c.data"}}
        watch: {guests: {kind: v1/Secret, controlledBy: c}}
        rules:
          - name: invite
            doc: There are as many guests as seats.
            ensure:
              objects: guests
              count: int(c.data.seats)
              create: "'closed' in c.data ? [] : missing"
              delete: surplus.filter(g, !('friend' in g.metadata.?annotations.orValue({})))
              update: different.filter(g, !('friend' in g.metadata.?annotations.orValue({})))
              template:
                kind: v1/Secret
                from: {type: example.com/guest, metadata: {labels: {hat: "no", coat: "no"}, annotations: {from: start}}}
                metadata: {labels: {colour: "${c.data.colour}"}}
              initial: {metadata: {generateName: guest-, labels: {hat: "yes", colour: none}}}
            event:
              created: "${object.metadata.labels.colour} came"
              deleted: "${object.metadata.labels.colour} went"
              updated: "${object.metadata.labels.colour} changed"
              refused: "nobody came: ${error}"
      """
    And the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: table}
      data: {seats: "2", colour: red}
      """

  Rule: Missing ones are made: of the starting value, overlaid by what is given at creation, overlaid by what is kept

    Example: What each part gives
      When the control plane is idle
      Then there are 2 Secrets
      And every Secret has type example.com/guest
      And every Secret has metadata.labels {colour: red, hat: "yes", coat: "no"}
      And every Secret has metadata.annotations.from start
      And every Secret has metadata.ownerReferences[name=table].controller true
      And Event SuccessfulCreate was told 2 times on ConfigMap "table"
      And an Event SuccessfulCreate on ConfigMap "table" says "red came"

    Example: `create` keeps some back, and gets to it later
      When data.closed of ConfigMap "table" is set to "1"
      And the control plane is idle
      Then there are no Secrets
      When data.closed of ConfigMap "table" is removed
      And the control plane is idle
      Then there are 2 Secrets

    Example: A refusal stops the rest, and is told (five attempts in the first tenth of a second, not ten)
      Given every creation of Secret is refused with "no chairs"
      When the control plane is idle
      Then there are no Secrets
      And an Event FailedCreate on ConfigMap "table" says "nobody came: no chairs"
      And Event FailedCreate was told 5 times on ConfigMap "table"
      When nothing goes wrong any more
      And 1 second passes
      Then there are 2 Secrets

    Example: One that somebody deletes is made again
      Given the control plane is idle
      When one of Secrets is deleted
      And the control plane is idle
      Then there are 2 Secrets
      And Event SuccessfulCreate was told 3 times on ConfigMap "table"

    Example: A number that is none is told, and nothing happens
      Given the control plane is idle
      When data.seats of ConfigMap "table" is set to "-1"
      And the control plane is idle
      Then there are 2 Secrets
      And rule set "host" failed with "a whole number from 0 was expected"

  Rule: Surplus ones go, as many as are too many, the first of those that `delete` names

    Example: One too many: one goes
      Given data.seats of ConfigMap "table" is set to "3"
      And the control plane is idle
      And always there are at least 2 Secrets
      When data.seats of ConfigMap "table" is set to "2"
      And the control plane is idle
      Then there are 2 Secrets
      And Event SuccessfulDelete was told 1 time on ConfigMap "table"

    Example: A friend stays, whoever else goes
      Given data.seats of ConfigMap "table" is set to "3"
      And the control plane is idle
      When metadata.annotations.friend of one of Secrets is set to "yes"
      And data.seats of ConfigMap "table" is set to "1"
      And the control plane is idle
      Then there is 1 Secret
      And Secrets have metadata.annotations.friend "yes"
      And Event SuccessfulDelete was told 2 times on ConfigMap "table"
      When data.seats of ConfigMap "table" is set to "0"
      And the control plane is idle
      Then there is 1 Secret

    Example: While a deletion does not show yet, no other goes in its place
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: shelf}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'shelf' in c.data"}}
          watch: {jars: {kind: v1/ServiceAccount, labels: {shelf: "${c.data.shelf}"}}}
          rules:
            - name: jars
              doc: The shelf holds as many jars as it can, and it is said which one goes first.
              ensure:
                objects: jars
                count: int(c.data.holds)
                delete: "surplus.sortBy(j, j.metadata.name == c.data.first ? 0 : 1)"
                owner: none
                template: {kind: v1/ServiceAccount}
                initial: {metadata: {generateName: jar-, labels: {shelf: "${c.data.shelf}"}}}
        """
      And the manifests:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: plum, labels: {shelf: top}}}
        ---
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: pear, labels: {shelf: top}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: top}, data: {shelf: top, holds: "2", first: plum}}
        """
      And the control plane is idle
      And the cache of ServiceAccount stands still
      When data.holds of ConfigMap "top" is set to "1"
      And the control plane is idle
      Then ServiceAccount "plum" is gone
      When data.first of ConfigMap "top" is set to pear
      And 5 seconds pass
      Then ServiceAccount "pear" exists
      When the cache of ServiceAccount catches up
      And 5 seconds pass
      Then ServiceAccount "pear" exists
      And there is 1 ServiceAccount

    Example: With the grace that is said
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: crew}
        spec:
          component: test
          for: {s: {kind: v1/ServiceAccount}}
          watch: {crew: {kind: v1/Pod, controlledBy: s}}
          rules:
            - name: crew
              doc: There are as many as the annotation says.
              ensure:
                objects: crew
                count: int(s.metadata.annotations.size)
                grace: int(s.metadata.annotations.grace)
                template: {kind: v1/Pod}
                initial: {metadata: {generateName: sailor-}, spec: {nodeName: deck, containers: [{name: c, image: i}]}}
        """
      And the manifest:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: captain, annotations: {size: "1", grace: "7"}}}
        """
      And the control plane is idle
      When metadata.annotations.size of ServiceAccount "captain" is set to "0"
      And the control plane is idle
      Then every Pod has metadata.deletionGracePeriodSeconds 7

  Rule: What is in the template is kept, what was given at creation is not

    Example: Others may change what was given at creation
      Given the control plane is idle
      When every Secret is labelled anew "hat-,coat=long,colour=blue"
      And the control plane is idle
      Then every Secret has metadata.labels {colour: red, coat: long}
      And Event SuccessfulUpdate was told 2 times on ConfigMap "table"

    Example: A change of the wish reaches those that are there, but not a friend
      Given the control plane is idle
      And metadata.annotations.friend of one of Secrets is set to "yes"
      When data.colour of ConfigMap "table" is set to green
      And the control plane is idle
      Then there is 1 Secret labelled "colour=green"
      And there is 1 Secret labelled "colour=red"

  Rule: Who owns what is made follows from the relation, or is said

    Scenario Outline: owner <owner>
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: owners}
        spec:
          component: test
          for: {s: {kind: v1/ServiceAccount}}
          watch: {made: {kind: v1/Secret, labels: {of: "${s.metadata.name}"}}}
          rules:
            - name: make
              doc: There is a Secret.
              ensure:
                objects: made
                count: "1"
                owner: <owner>
                template: {kind: v1/Secret}
                initial: {metadata: {generateName: x-, labels: {of: "${s.metadata.name}"}}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: robot}
        """
      When the control plane is idle
      Then Secret labelled "of=robot" has <references> entries in metadata.ownerReferences
      And Secret labelled "of=robot" has no metadata.ownerReferences[name=robot].controller

      Examples:
        | owner | references |
        | owner | 1          |
        | none  | 0          |

  Rule: What does not find again what it has made makes no more of it

    Example: The label by which it is found is not the one that is given
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: blind}
        spec:
          component: test
          for: {s: {kind: v1/ServiceAccount}}
          watch: {made: {kind: v1/Secret, labels: {of: "${s.metadata.name}"}}}
          rules:
            - name: make
              doc: There is a Secret.
              when: "s.metadata.?labels[?'mood'].orValue('') != 'bad'"
              ensure:
                objects: made
                count: "1"
                owner: none
                template: {kind: v1/Secret}
                initial: {metadata: {generateName: blind-, labels: {for: "${s.metadata.name}"}}}
        """
      And the manifest:
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: robot}
        """
      And the control plane is idle
      When ServiceAccount "robot" is labelled anew "mood=good"
      And 10 minutes pass
      Then there is 1 Secret labelled "for=robot"
      And rule set "blind" failed with "was made, and is not among `objects`: nothing more is created"

  Rule: One pass makes or deletes at most 500, and the next goes on, whether or not what was made wakes anybody

    Example: Six hundred
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: choir}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'voices' in c.data"}}
          watch: {voices: {kind: v1/ServiceAccount, controlledBy: c, wakes: none}}
          rules:
            - name: sing
              doc: There are so many voices.
              ensure:
                objects: voices
                count: int(c.data.voices)
                template: {kind: v1/ServiceAccount}
                initial: {metadata: {generateName: voice-}}
        """
      And the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: choir}, data: {voices: "600"}}
        """
      When the control plane is idle
      Then there are 600 ServiceAccounts
      And rule "sing" fired 2 times
      When data.voices of ConfigMap "choir" is set to "0"
      And the control plane is idle
      Then there are no ServiceAccounts

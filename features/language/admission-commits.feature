Feature: What admission finds by name is exact, and what it writes besides commits with the request or not at all

  A room has seats, and a guest takes one. However requests overlap, nobody sits where somebody sits.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: seats}
      spec:
        component: apiserver
        order: 10
        for: {guest: {kind: v1/Secret, operations: [CREATE, DELETE]}}
        watch: {room: {kind: v1/ConfigMap, name: "'room'"}}
        let: {taken: int(room.data.taken)}
        rules:
          - name: full
            doc: Who finds no seat is refused.
            when: request.operation == 'CREATE' && taken >= int(room.data.seats)
            deny: "all ${room.data.seats} seats are taken"
            event: {reason: Refused, message: "${request.name} found no seat", about: "${room}"}
          - name: take
            doc: Who is let in takes a seat.
            when: request.operation == 'CREATE' && taken < int(room.data.seats)
            apply: {to: "${room}", data: {taken: "${string(taken + 1)}"}}
            event: {reason: Seated, message: "${request.name} has a seat", about: "${room}"}
          - name: leave
            doc: Who goes gives it back.
            when: request.operation == 'DELETE'
            apply: {to: "${room}", data: {taken: "${string(taken - 1)}"}}
      """
    And the manifest:
      """
      {apiVersion: v1, kind: ConfigMap, metadata: {name: room}, data: {seats: "1", taken: "0"}}
      """

  Rule: No two requests are let in by one state

    Example: Two want the last seat at one instant, and both have seen that it is free
      When the manifests are applied at the same instant:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: other}}
        """
      Then there is 1 Secret
      And ConfigMap "room" has data.taken "1"
      And one request is refused with "all 1 seats are taken"

    Example: Where there is room, who was overtaken is asked afresh and let in
      Given data.seats of ConfigMap "room" is set to "2"
      When the manifests are applied at the same instant:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: other}}
        """
      Then the request is granted
      And there are 2 Secrets
      And ConfigMap "room" has data.taken "2"

    Example: A cache that stands still lets nobody in, and keeps nobody out
      Given the cache of ConfigMap stands still
      And the manifest:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        """
      When somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: other}}
        """
      Then the request is refused with "all 1 seats are taken"
      When Secret "one" is deleted
      And somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: other}}
        """
      Then the request is granted
      And ConfigMap "room" has data.taken "1"

  Rule: What is written besides is part of the request

    Example: It is there with the object, because of the rule, and told once
      When the manifest is applied:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        """
      Then ConfigMap "room" has data.taken "1"
      And data.taken of ConfigMap "room" is so because of rule "seats/take"
      And the cause of data.taken of ConfigMap "room" is a request by kubectl
      And an Event Seated on ConfigMap "room" says "one has a seat"
      When somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: other}}
        """
      Then an Event Refused on ConfigMap "room" says "other found no seat"
      And there is no Event Refused on Secret "one"

    Example: A dry run is judged, and commits nothing
      When somebody tries to apply the manifest, as a dry run:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        """
      Then the request is granted
      And there are no Secrets
      And ConfigMap "room" has data.taken "0"
      And there is no Event Seated on ConfigMap "room"
      And rule "take" fired 0 times
      Given data.seats of ConfigMap "room" is set to "0"
      When somebody tries to apply the manifest, as a dry run:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        """
      Then the request is refused with "all 0 seats are taken"
      And there is no Event Refused on ConfigMap "room"

    Example: Refused by a later set, nothing of what an earlier one wrote stays
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: dress}
        spec:
          component: apiserver
          order: 20
          for: {guest: {kind: v1/Secret}}
          rules:
            - name: tie
              doc: Nobody comes without a tie.
              when: "!('tie' in guest.metadata.?labels.orValue({}))"
              deny: a tie is worn here
        """
      When somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        """
      Then the request is refused with "a tie is worn here"
      And ConfigMap "room" has data.taken "0"
      And there is no Event Seated on ConfigMap "room"

    Example: A request that changes nothing asks nobody
      Given the manifest:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        """
      When the manifest is applied:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        """
      Then ConfigMap "room" has data.taken "1"
      When Secret "one" is deleted
      Then ConfigMap "room" has data.taken "0"

    Example: Requests of rules are admitted as any
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: host}
        spec:
          component: test
          for: {party: {kind: v1/ServiceAccount}}
          watch: {guests: {kind: v1/Secret, controlledBy: party}}
          rules:
            - name: invite
              doc: Three guests are invited.
              ensure:
                objects: guests
                count: "3"
                template: {kind: v1/Secret}
                initial: {metadata: {generateName: guest-}}
        """
      And data.seats of ConfigMap "room" is set to "2"
      When the manifest is applied:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: party}}
        """
      And the control plane is idle
      Then there are 2 Secrets
      And ConfigMap "room" has data.taken "2"
      And rule set "host" failed with "all 2 seats are taken"

  Rule: What is found in a list may be behind, and is not written over

    Example: The object that is counted in was changed since the cache saw it
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: counters}
        spec:
          component: apiserver
          order: 10
          for: {a: {kind: v1/ServiceAccount, operations: [CREATE]}}
          watch: {counters: {kind: v1/ConfigMap, labels: {counter: ""}, namespace: "'default'"}}
          rules:
            - name: count
              doc: Whoever comes is counted.
              each: {c: counters}
              apply: {to: "${c}", data: {count: "${string(int(c.data.count) + 1)}"}}
        """
      And the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: counter, labels: {counter: ""}}, data: {count: "0"}}
        """
      And the control plane is idle
      And the cache of ConfigMap stands still
      And data.count of ConfigMap "counter" is set to "7"
      When somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: ann}}
        """
      Then the request is refused with "please try again"
      And ServiceAccount "ann" does not exist
      And ConfigMap "counter" has data.count "7"
      When the cache of ConfigMap catches up
      And somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: ann}}
        """
      Then the request is granted
      And ConfigMap "counter" has data.count "8"

  Rule: Who cannot be asked has not agreed

    Example: There is no room
      Given ConfigMap "room" is deleted
      When somebody tries to apply the manifest:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: one}}
        """
      Then the request is refused with "RuleSet 'seats' failed on secrets"
      And there are no Secrets

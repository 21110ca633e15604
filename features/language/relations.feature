Feature: A relation is at once what can be read and what wakes

  Background:
    Given a cluster without bundled rules

  Rule: A relation may look up what an earlier one found, and a value may be a list

    Background:
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: mounted}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.watched)"}}
          watch:
            users: {kind: v1/Pod, theirs: "it.spec.?volumes.orValue([]).map(v, v.?configMap.?name.orValue(''))", ours: c.metadata.name}
            hosts: {kind: v1/Node, theirs: it.metadata.name, ours: "users.map(p, p.spec.?nodeName.orValue(''))"}
          rules:
            - name: pass
              doc: Every pass is told.
              event: {reason: Passed, message: "passed with ${string(size(hosts))}"}
            - name: tell
              doc: A ConfigMap says in which zones it is mounted.
              apply: {to: "${c}", data: {zones: "${hosts.map(h, h.metadata.?labels[?'zone'].orValue('?')).sortBy(z, z).join(',')}"}}
        """
      And the manifests:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: page}
        data: {watched: "yes"}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: a, labels: {zone: north}}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: b, labels: {zone: south}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: one}
        spec: {nodeName: a, containers: [{name: c, image: i}], volumes: [{name: other, emptyDir: {}}, {name: page, configMap: {name: page}}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: two}
        spec: {nodeName: b, containers: [{name: c, image: i}], volumes: [{name: page, configMap: {name: page}}]}
        """
      When the control plane is idle

    Example: A chain of two is followed
      Then ConfigMap "page" has data.zones "north,south"

    Example: The end of the chain wakes
      When Node "b" is labelled anew "zone=east"
      And the control plane is idle
      Then ConfigMap "page" has data.zones "east,north"

    Example: The middle of the chain wakes, and what it no longer leads to wakes no more
      When Pod "two" is deleted with grace 0
      And the control plane is idle
      Then ConfigMap "page" has data.zones north
      And Event Passed was told 2 times on ConfigMap "page"
      When Node "b" is labelled anew "zone=west"
      And the control plane is idle
      Then Event Passed was told 2 times on ConfigMap "page"

  Rule: Labels, a selector or a name find the related objects, of which a `where` may leave some out

    Example: Each counts what it finds
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: counter}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'room' in c.data"}}
          watch:
            chairs: {kind: v1/Secret, labels: {room: "${c.data.room}", thing: chair}}
            others: {kind: v1/Secret, selector: "{'matchLabels': {'room': c.data.room}, 'matchExpressions': [{'key': 'thing', 'operator': 'NotIn', 'values': ['chair']}]}"}
            sound: {kind: v1/Secret, labels: {room: "${c.data.room}"}, where: "!('broken' in it.metadata.labels)"}
            lamp: {kind: v1/Secret, name: c.data.room + '-lamp', where: "!('broken' in it.metadata.labels)"}
            away: {kind: v1/Secret, labels: {room: "${c.data.room}"}, namespace: "'kube-public'"}
          rules:
            - name: count
              doc: The ConfigMap says what is in its room.
              apply:
                to: "${c}"
                metadata:
                  annotations:
                    chairs: "${string(size(chairs))}"
                    others: "${string(size(others))}"
                    sound: "${string(size(sound))}"
                    lamp: "${string(lamp != null)}"
                    away: "${string(size(away))}"
        """
      And the manifests:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: a, labels: {room: hall, thing: chair}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: b, labels: {room: hall, thing: table}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: c, labels: {room: attic, thing: chair}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: hall-lamp, labels: {room: hall, broken: "yes"}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: d, namespace: kube-public, labels: {room: hall, thing: chair}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: hall}, data: {room: hall}}
        """
      When the control plane is idle
      Then ConfigMap "hall" has metadata.annotations {chairs: "1", others: "2", sound: "2", lamp: "false", away: "1"}
      When Secret "hall-lamp" is labelled anew "broken-"
      And Secret "b" is labelled anew "thing=chair"
      And the control plane is idle
      Then ConfigMap "hall" has metadata.annotations {chairs: "2", others: "1", sound: "3", lamp: "true", away: "1"}
      When Secret "hall-lamp" is labelled anew "broken=again"
      And the control plane is idle
      Then ConfigMap "hall" has metadata.annotations {chairs: "2", others: "1", sound: "2", lamp: "false", away: "1"}

  Rule: An object has one controller, and may have several owners

    Example: Owned is not controlled
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: estate}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.metadata.labels) && 'owner' in c.metadata.labels"}}
          watch:
            controlled: {kind: v1/Secret, controlledBy: c}
            owned: {kind: v1/Secret, ownedBy: c}
          rules:
            - name: count
              doc: The ConfigMap says what it controls, and what it owns.
              apply: {to: "${c}", data: {controlled: "${string(size(controlled))}", owned: "${string(size(owned))}"}}
        """
      And the manifests:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: one, labels: {owner: ""}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: two, labels: {owner: ""}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: field}}
        """
      When Secret "field" belongs to ConfigMaps labelled "owner="
      And the control plane is idle
      Then ConfigMap "one" has data {controlled: "0", owned: "1"}
      And ConfigMap "two" has data {controlled: "0", owned: "1"}

  Rule: The selector of a related object may choose the primary

    Example: Services that select a Pod are found from the Pod
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: served}
        spec:
          component: test
          for: {pod: {kind: v1/Pod}}
          watch: {services: {kind: v1/Service, selectedBy: it.spec.selector}}
          rules:
            - name: tell
              doc: A Pod names the Services that lead to it.
              apply: {to: "${pod}", metadata: {annotations: {services: "${services.map(s, s.metadata.name).sortBy(n, n).join(',')}"}}}
        """
      And the manifests:
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web, tier: front}}
        spec: {containers: [{name: c, image: i}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: all}
        spec: {selector: {app: web}, ports: [{port: 80}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: narrow}
        spec: {selector: {app: web, tier: back}, ports: [{port: 80}]}
        """
      When the control plane is idle
      Then Pod "web" has metadata.annotations.services all
      When spec.selector.tier of Service "narrow" is set to front
      And the control plane is idle
      Then Pod "web" has metadata.annotations.services "all,narrow"
      When Pod "web" is labelled anew "app-"
      And the control plane is idle
      Then Pod "web" has no metadata.annotations.services

  Rule: A relation that wakes the blocked leaves the others alone

    Example: Only who found nobody is asked again, and only for what its filters read
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: seats}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.wants)"}}
          watch: {rooms: {kind: v1/Node, wakes: blocked}}
          rules:
            - name: tell
              doc: Every pass is told.
              event: {reason: Passed, message: passed}
            - name: sit
              doc: Everybody gets a room of the colour that they want.
              when: "!has(c.data.seat)"
              choose:
                room: rooms
                filters: {Colour: {require: "room.metadata.?labels[?'colour'].orValue('') == c.data.wants", message: wrong colour}}
                then: {apply: {to: "${c}", data: {seat: "${room.metadata.name}"}}}
                none: {apply: {to: "${c}", data: {why: "${rejections.reasons}"}}}
        """
      And the manifests:
        """
        apiVersion: v1
        kind: Node
        metadata: {name: hall, labels: {colour: red}}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: ann}
        data: {wants: red}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: bob}
        data: {wants: blue}
        """
      When the control plane is idle
      Then ConfigMap "ann" has data.seat hall
      And ConfigMap "bob" has data.why "1 wrong colour"
      And Event Passed was told 2 times on ConfigMap "ann"
      And Event Passed was told 1 time on ConfigMap "bob"
      When Node "hall" is labelled anew "shape=round"
      And the control plane is idle
      Then Event Passed was told 1 time on ConfigMap "bob"
      When Node "hall" is labelled anew "colour=blue"
      And the control plane is idle
      Then ConfigMap "bob" has data.seat hall
      And Event Passed was told 2 times on ConfigMap "ann"

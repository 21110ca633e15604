Feature: Values and functions have names: lets of a rule set, functions of a library with their types

  Rule: A let is computed when it is asked for, and a function takes arguments

    Background:
      Given a cluster without bundled rules
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: counter}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'room' in c.data"}}
          watch: {things: {kind: v1/Secret, labels: {room: "${c.data.room}"}}}
          let:
            weight(t): int(t.metadata.annotations.weight)
            heavy(t, limit): weight(t) > limit
            limit: int(c.data.limit)
            many: things.filter(t, heavy(t, int(c.data.limit)))
            total: things.sum(t, weight(t))
            heaviest: "things.max(t, weight(t))"
            broken: int('nothing')
          rules:
            - name: count
              doc: The ConfigMap says what is in the room.
              when: size(things) > 0
              apply:
                to: "${c}"
                metadata:
                  annotations:
                    many: "${string(size(many))}"
                    total: "${string(total)}"
                    heaviest: "${string(heaviest)}"
                    any: "${string(things.exists(t, heavy(t, limit)))}"
                    all: "${string(things.all(t, heavy(t, limit)))}"
        """
      And the manifests:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: a, labels: {room: hall}, annotations: {weight: "2"}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: b, labels: {room: hall}, annotations: {weight: "5"}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: c, labels: {room: attic}, annotations: {weight: "9"}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: list}, data: {room: hall, limit: "3"}}
        """
      And the control plane is idle

    Example: What is not asked for is not computed (`broken` breaks nothing)
      Then ConfigMap "list" has metadata.annotations {many: "1", total: "7", heaviest: "5", any: "true", all: "false"}
      And no rule has failed

    Example: Kept values follow what comes, changes, moves and goes
      When metadata.annotations.weight of Secret "a" is set to "4"
      And the control plane is idle
      Then ConfigMap "list" has metadata.annotations {many: "2", total: "9", heaviest: "5", any: "true", all: "true"}
      When Secret "c" is labelled anew "room=hall"
      And the control plane is idle
      Then ConfigMap "list" has metadata.annotations {many: "3", total: "18", heaviest: "9", any: "true", all: "true"}
      When Secret "c" is deleted
      And Secret "b" is labelled anew "room=attic"
      And the control plane is idle
      Then ConfigMap "list" has metadata.annotations {many: "1", total: "4", heaviest: "4", any: "true", all: "true"}

    Example: And what they read of the primary
      When data.limit of ConfigMap "list" is set to "1"
      And the control plane is idle
      Then ConfigMap "list" has metadata.annotations {many: "2", total: "7", heaviest: "5", any: "true", all: "true"}
      When data.room of ConfigMap "list" is set to attic
      And the control plane is idle
      Then ConfigMap "list" has metadata.annotations {many: "1", total: "9", heaviest: "9", any: "true", all: "true"}

    Example: An element that cannot be evaluated is an error of what asks for it, until it is mended
      When metadata.annotations.weight of Secret "a" is set to "light"
      And the control plane is idle
      Then rule set "counter" failed with "count"
      And ConfigMap "list" has metadata.annotations.total "7"
      When metadata.annotations.weight of Secret "a" is set to "1"
      And the control plane is idle
      Then ConfigMap "list" has metadata.annotations.total "6"

  Rule: A library's functions are held to the types that they say, when they are loaded and where they are called

    Background:
      Given a cluster without bundled rules
      And the manifest:
        """
        apiVersion: ruleplane.dev/v1
        kind: Library
        metadata: {name: naming}
        spec:
          doc: How things are called.
          functions:
            short(name, most):
              doc: The first letters of a name.
              types: {name: string, most: int}
              returns: string
              expr: "size(name) > most ? name.substring(0, most) : name"
            names(ps):
              types: {ps: list(v1/Pod)}
              returns: list(string)
              expr: ps.map(p, short(p.metadata.name, 3))
        """
      And the control plane is idle

    Example: They are called
      Given the manifests:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: signs}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.metadata.labels) && 'sign' in c.metadata.labels"}}
          watch: {pods: {kind: v1/Pod}}
          rules:
            - name: sign
              doc: The short names of all Pods.
              apply: {to: "${c}", data: {names: "${names(pods).sortBy(n, n).join(',')}"}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: webserver}, spec: {containers: [{name: c, image: i}]}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: db}, spec: {containers: [{name: c, image: i}]}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: board, labels: {sign: ""}}}
        """
      When the control plane is idle
      Then ConfigMap "board" has data.names "db,web"

    Scenario Outline: <mistake>
      When somebody tries to apply the manifest:
        """
        apiVersion: ruleplane.dev/v1
        kind: Library
        metadata: {name: more}
        spec:
          functions:
            more(p): {types: {p: v1/Pod}, returns: <returns>, expr: "<expr>"}
        """
      Then the request is refused with "<told>"

      Examples:
        | mistake                        | returns | expr                       | told                                                  |
        | It yields another type         | int     | p.metadata.name            | more returns int, its expression is of type string    |
        | It reads what there is not     | string  | p.spec.nodename            | did you mean 'nodeName'                               |
        | It calls one with another type | string  | short(p.metadata.name, '') | short does not take (string, string)                  |
        | Its type is none               | strin   | p.metadata.name            | is no type; did you mean 'string'?                    |

    Example: A rule set that calls one with another type is refused
      When somebody tries to apply the manifest:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: signs}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap}}
          rules:
            - name: sign
              doc: Wrong.
              apply: {to: "${c}", data: {name: "${short(c.metadata.name, c.metadata.name)}"}}
        """
      Then the request is refused with "short does not take (string, string)"

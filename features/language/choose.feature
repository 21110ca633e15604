Feature: The best of the candidates is chosen; who finds nobody says why

  Guests look for a room. Filters are asked in the order of the page, and a room that fails one is asked no further.

  Background:
    Given a cluster without bundled rules
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: hotel}
      spec:
        component: test
        for: {g: {kind: v1/ConfigMap, where: "has(g.data) && 'wants' in g.data && !('room' in g.data)"}}
        watch:
          rooms: {kind: v1/Secret, where: "has(it.metadata.labels) && 'beds' in it.metadata.labels", wakes: blocked}
          guests(r): {kind: v1/ConfigMap, theirs: it.data.room, ours: r.metadata.name, wakes: blocked}
        rules:
          - name: lodge
            doc: Each guest gets the best room that suits.
            choose:
              r: rooms
              filters:
                Open: {require: "!('closed' in r.metadata.labels)", message: room is closed, final: true}
                Free: {require: size(guests(r)) < int(r.metadata.labels.beds), message: room is full}
                Things: {each: {thing: "g.data.wants.split(',')"}, require: "thing in r.metadata.labels", message: "no ${thing}"}
              scores:
                View: {value: "int(r.metadata.labels.?view.orValue('0'))", weight: 3}
                Quiet: {value: "int(r.metadata.labels.?quiet.orValue('0'))"}
              then:
                apply: {to: "${g}", data: {room: "${r.metadata.name}"}}
                event: {reason: Lodged, message: "in ${r.metadata.name}"}
              none:
                apply: {to: "${g}", data: {why: "${rejections.reasons}", of: "${string(rejections.count)}", final: "${string(rejections.final)}"}}
                event: {reason: TurnedAway, message: "${rejections.reasons}"}
      """

  Rule: Filters say who is left, and for those who are not, why

    Background:
      Given the manifests:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: attic, labels: {beds: "0", closed: "yes"}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: cellar, labels: {beds: "0"}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: hall, labels: {beds: "9", bath: ""}}}
        """

    Example: Each room counts with its first reason, and with all of an `each`
      Given the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: ann}, data: {wants: "bath,desk,lamp"}}
        """
      When the control plane is idle
      Then ConfigMap "ann" has data.why "1 no desk, 1 no lamp, 1 room is closed, 1 room is full"
      And ConfigMap "ann" has data.of "3"
      And ConfigMap "ann" has data.final "1"
      And ConfigMap "ann" has no data.room
      And an Event TurnedAway on ConfigMap "ann" contains "1 room is closed"

    Example: Whoever waits is asked again when something of what turned them away has changed
      Given the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: ann}, data: {wants: "bath,desk"}}
        """
      And the control plane is idle
      When Secret "hall" is labelled anew "desk=oak"
      And the control plane is idle
      Then ConfigMap "ann" has data.room hall
      And an Event Lodged on ConfigMap "ann" says "in hall"

    Example: Nobody gets a bed that somebody has, and who is alike is not judged alike for ever
      Given Secret "hall" is labelled anew "beds=2"
      And the manifests:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: ann}, data: {wants: bath}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: bob}, data: {wants: bath}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: cid}, data: {wants: bath}}
        """
      When the control plane is idle
      Then there are 2 ConfigMaps where data.room is hall
      And there is 1 ConfigMap where data.why is "1 room is closed, 2 room is full"
      When data.room of one of ConfigMaps where data.room is hall is set to elsewhere
      And the control plane is idle
      Then there are 2 ConfigMaps where data.room is hall

    Example: Who wants something else is judged anew
      Given the manifests:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: ann}, data: {wants: bath}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: bob}, data: {wants: piano}}
        """
      When the control plane is idle
      Then ConfigMap "ann" has data.room hall
      And ConfigMap "bob" has data.why "1 no piano, 1 room is closed, 1 room is full"

  Rule: Of those who are left the highest sum of weighted scores wins

    Scenario Outline: A view of <view> counts <what>
      Given the manifests:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: front, labels: {beds: "1", bath: "", view: "<view>"}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: back, labels: {beds: "1", bath: "", quiet: "10"}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: ann}, data: {wants: bath}}
        """
      When the control plane is idle
      Then ConfigMap "ann" has data.room <room>

      Examples:
        | view | what                      | room  |
        | 4    | three times: 12 above 10  | front |
        | 3    | three times: 9 below 10   | back  |

    Example: Ties fall the same way in every run with the same seed, and not always to the first
      Given the manifests:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: r1, labels: {beds: "1", bath: ""}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: r2, labels: {beds: "1", bath: ""}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: r3, labels: {beds: "1", bath: ""}}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: r4, labels: {beds: "1", bath: ""}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: ann}, data: {wants: bath}}
        """
      When the control plane is idle
      Then ConfigMap "ann" has data.room r2

  Rule: A choice may be followed by a call or by the primary's status

    Example: A Namespace is given a phase (`status` is short for the primary's)
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: phases}
        spec:
          component: test
          for: {ns: {kind: v1/Namespace, where: "has(ns.metadata.labels) && 'asks' in ns.metadata.labels"}}
          watch: {accounts: {kind: v1/ServiceAccount, wakes: blocked}}
          rules:
            - name: answer
              doc: A Namespace is ready when there is an account of the name that it asks for.
              choose:
                a: accounts
                filters: {Asked: {require: a.metadata.name == ns.metadata.labels.asks, message: another}}
                then: {status: {conditions: [{type: Answered, status: "True", reason: Found, message: "${a.metadata.name}"}]}}
                none: {status: {conditions: [{type: Answered, status: "False", reason: Missing, message: "${rejections.reasons}"}]}}
        """
      And the manifest:
        """
        {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {asks: clerk}}}
        """
      When the control plane is idle
      Then condition Answered of Namespace "shop" is False with reason Missing
      When the manifest is applied:
        """
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: clerk, namespace: default}}
        """
      And the control plane is idle
      Then condition Answered of Namespace "shop" is True with reason Found and message "clerk"

  Rule: A verdict that depends on time is given anew when its time has come

    Example: A place opens at noon
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: lunch}
        spec:
          component: test
          for: {g: {kind: v1/ConfigMap, where: "has(g.data) && 'hungry' in g.data && !('place' in g.data)"}}
          watch: {places: {kind: v1/Secret, labels: {lunch: ""}, wakes: blocked}}
          rules:
            - name: eat
              doc: The hungry go where it is open.
              choose:
                p: places
                filters: {Open: {require: "now >= timestamp(p.metadata.annotations.opens)", message: closed}}
                then: {apply: {to: "${g}", data: {place: "${p.metadata.name}"}}}
                none: {apply: {to: "${g}", data: {why: "${rejections.reasons}"}}}
        """
      And the manifests:
        """
        {apiVersion: v1, kind: Secret, metadata: {name: inn, labels: {lunch: ""}, annotations: {opens: "2026-01-01T12:00:00Z"}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: ann}, data: {hungry: "yes"}}
        """
      When 719 minutes pass
      Then ConfigMap "ann" has data.why "1 closed"
      When 1 minute passes
      Then ConfigMap "ann" has data.place inn

Feature: A definition of a kind makes the kind

  Background:
    Given a cluster
    And the manifest:
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: lamps.example.com}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: lamps, kind: Lamp, shortNames: [lp]}
        versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}}
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object
                    required: [watts]
                    properties:
                      watts: {type: integer, minimum: 1}
                      colour: {type: string, default: white}
                  status: {type: object, properties: {lit: {type: boolean}}}
      """
    When the control plane is idle

  Example: It is established, and its objects can be made
    Then condition Established of CustomResourceDefinition "lamps.example.com" is True with reason InitialNamesAccepted
    And CustomResourceDefinition "lamps.example.com" has status.acceptedNames.listKind LampList
    And CustomResourceDefinition "lamps.example.com" has status.storedVersions [v1]
    Given the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk}
      spec: {watts: 5}
      """
    Then Lamp "desk" has spec.colour white
    And Lamp "desk" has metadata.generation 1

  Example: What its schema refuses is refused
    When somebody tries to apply the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk}
      spec: {watts: 0}
      """
    Then the request is refused with "spec.watts in body should be greater than or equal to 1"

  Example: Rules for it run, whichever comes first
    Given the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: lighter}
      spec:
        component: test
        for: {lamp: {kind: example.com/v1/Lamp}}
        rules:
          - name: light
            doc: A bright lamp is lit.
            status: {lit: "${lamp.spec.watts > 3}"}
      """
    And the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk}
      spec: {watts: 5}
      """
    When the control plane is idle
    Then Lamp "desk" has status.lit true

  Example: A second definition cannot take its names
    Given the manifest:
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: lights.example.com}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: lights, kind: Lamp}
        versions:
          - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
      """
    When the control plane is idle
    Then condition NamesAccepted of CustomResourceDefinition "lights.example.com" is False with reason KindConflict
    And condition Established of CustomResourceDefinition "lamps.example.com" is True
    When CustomResourceDefinition "lamps.example.com" is deleted
    And the control plane is idle
    Then condition Established of CustomResourceDefinition "lights.example.com" is True
    Given the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk}
      """

  Example: When it is deleted, its objects go first, and then the kind
    Given the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk}
      spec: {watts: 5}
      """
    And the control plane is idle
    When CustomResourceDefinition "lamps.example.com" is deleted
    Then there is 1 Lamp
    When the control plane is idle
    Then there are no CustomResourceDefinitions
    When somebody tries to apply the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk}
      spec: {watts: 5}
      """
    Then the request is refused with "no matches for kind"

  Example: Kinds are served again after a restart
    Given the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk}
      spec: {watts: 5}
      """
    When the controllers are restarted
    And the control plane is idle
    Then Lamp "desk" has spec.colour white

  Scenario Outline: A definition that contradicts itself is refused
    When somebody tries to apply the manifest:
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: <name>}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: bulbs, kind: Bulb}
        versions:
          - {name: v1, served: true, storage: <storage>, schema: {openAPIV3Schema: {type: object}}}
      """
    Then the request is refused with "<message>"

    Examples:
      | name              | storage | message                                                  |
      | bulb.example.com  | true    | must be spec.names.plural+                               |
      | bulbs.example.com | false   | must have exactly one version marked as storage version  |

  Example: Rules and garbage collection reach an object in whichever version it is written
    Given the manifest:
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: lamps.example.com}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: lamps, kind: Lamp, shortNames: [lp]}
        versions:
          - &version
            name: v1
            served: true
            storage: true
            subresources: {status: {}}
            schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
          - {<<: *version, name: v2, storage: false}
      """
    And the rules:
      """
      apiVersion: ruleplane.dev/v1
      kind: RuleSet
      metadata: {name: lighter}
      spec:
        component: test
        for: {lamp: {kind: example.com/v2/Lamp}}
        rules:
          - name: light
            doc: A bright lamp is lit.
            status: {lit: "${lamp.spec.watts > 3}"}
      """
    And the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk}
      spec: {watts: 5}
      """
    When the control plane is idle
    Then Lamp "desk" has status.lit true
    When Namespace "default" is deleted
    And the control plane is idle
    Then there are no Lamps

  Example: Nobody makes another object of a kind that is going
    Given the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk, finalizers: [example.com/hold]}
      spec: {watts: 5}
      """
    When CustomResourceDefinition "lamps.example.com" is deleted
    And the control plane is idle
    And somebody tries to apply the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: floor}
      spec: {watts: 5}
      """
    Then the request is refused with "create not allowed while custom resource definition is terminating"
    When metadata.finalizers of Lamp "desk" is set to []
    And the control plane is idle
    Then there are no CustomResourceDefinitions

  Example: A kind that comes again has none of its earlier objects
    Given the manifest:
      """
      apiVersion: example.com/v1
      kind: Lamp
      metadata: {name: desk}
      spec: {watts: 5}
      """
    When CustomResourceDefinition "lamps.example.com" is deleted
    And the control plane is idle
    And the manifest is applied:
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: lamps.example.com}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: lamps, kind: Lamp}
        versions:
          - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
      """
    Then there are no Lamps

  Scenario Outline: A schema that objects cannot be held to is refused
    When somebody tries to apply the manifest:
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: bulbs.example.com}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: bulbs, kind: Bulb}
        versions:
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, properties: {spec: <schema>}}}
      """
    Then the request is refused with "spec.versions[0].schema.openAPIV3Schema.properties[spec]<message>"

    Examples:
      | schema                                                       | message                                                                                               |
      | {}                                                           | .type: Required value: must not be empty for specified object fields                                  |
      | {type: array}                                                | .items: Required value: must be specified                                                             |
      | {type: array, items: {}}                                     | .items.type: Required value: must not be empty for specified array items                              |
      | {type: string, pattern: "("}                                 | .pattern: Invalid value                                                                               |
      | {type: integer, default: one}                                | .default: Invalid value                                                                      |
      | {type: object, x-kubernetes-validations: [{rule: "self. <"}]} | .x-kubernetes-validations[0].rule: Invalid value                     |
      | {type: array, items: {type: object}, x-kubernetes-list-type: map} | .x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map  |

  Example: A rule of its schema is asked of every object, and of every change
    Given the manifest:
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: bulbs.example.com}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: bulbs, kind: Bulb}
        versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object
                    properties: {watts: {type: integer}}
                    x-kubernetes-validations:
                      - {rule: self.watts < 100, message: too bright}
                      - {rule: self.watts >= oldSelf.watts, message: bulbs do not dim}
      """
    And the manifest:
      """
      apiVersion: example.com/v1
      kind: Bulb
      metadata: {name: desk}
      spec: {watts: 40}
      """
    When somebody tries to apply the manifest:
      """
      apiVersion: example.com/v1
      kind: Bulb
      metadata: {name: desk}
      spec: {watts: 100}
      """
    Then the request is refused with "too bright"
    When somebody tries to apply the manifest:
      """
      apiVersion: example.com/v1
      kind: Bulb
      metadata: {name: desk}
      spec: {watts: 25}
      """
    Then the request is refused with "bulbs do not dim"

  Example: A version in which objects were stored stays
    When somebody tries to apply the manifest:
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: lamps.example.com}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: lamps, kind: Lamp}
        versions:
          - {name: v2, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
      """
    Then the request is refused with "v1 was previously a storage version"

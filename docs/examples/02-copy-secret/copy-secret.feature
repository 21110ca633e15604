Feature: A Secret is copied to the namespaces of the team that it names, and taken back from those that leave it

  Background:
    Given a cluster
    And the manifests:
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: platform}
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: pay, labels: {team: payments}}
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: refund, labels: {team: payments}}
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop, labels: {team: shop}}
      ---
      apiVersion: v1
      kind: Secret
      metadata: {name: registry, namespace: platform, annotations: {examples.ruleplane.dev/copy-to-team: payments}}
      stringData: {password: sesame}
      """
    When the control plane is idle

  Example: Every chosen namespace has a copy
    Then there are 3 Secrets where data.password is c2VzYW1l
    And Secret "pay/registry" exists because of rule "copy-secret/copy"

  Example: A copy follows its source, and a copy that was changed is put right
    When data.password of Secret "platform/registry" is set to bmV3
    And the control plane is idle
    Then Secret "refund/registry" has data.password bmV3
    When data.password of Secret "refund/registry" is set to b3du
    And the control plane is idle
    Then Secret "refund/registry" has data.password bmV3

  Example: A namespace that is no longer chosen loses its copy
    When Namespace "pay" is labelled anew "team=other"
    And the control plane is idle
    Then there are 2 Secrets where data.password is c2VzYW1l
    And there is no Secret "pay/registry"

  Example: When the source goes, all copies go
    When Secret "platform/registry" is deleted
    And the control plane is idle
    Then there are no Secrets where data.password is c2VzYW1l

  Example: When the source is no longer to be copied, all copies go
    When metadata.annotations of Secret "platform/registry" is removed
    And the control plane is idle
    Then there is 1 Secret where data.password is c2VzYW1l

  Example: Copies whose source went while nobody looked are taken back at the next start
    Given the controllers stop
    When Secret "platform/registry" is deleted
    And the controllers are restarted
    And the control plane is idle
    Then there are no Secrets where data.password is c2VzYW1l

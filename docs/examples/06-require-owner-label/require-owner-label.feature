Feature: Every Deployment says whose it is

  Background:
    Given a cluster

  Example: Without an owner it is refused, and with one it is not
    When somebody tries to apply the manifest:
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: nginx}]}
      """
    Then the request is refused with "RuleSet 'require-owner-label' denied request: a Deployment needs the label 'owner'"
    And Deployment "web" does not exist
    When the manifest is applied:
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, labels: {owner: shop}}
      spec:
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: nginx}]}
      """
    Then Deployment "web" exists

  Example: An owner stays (whoever is asked tomorrow must be who was named today)
    Given the manifest:
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, labels: {owner: shop}}
      spec:
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: nginx}]}
      """
    When somebody tries to patch Deployment "web":
      """
      metadata: {labels: {owner: bank}}
      """
    Then the request is refused with "the owner is shop, and stays"
    And Deployment "web" has metadata.labels.owner shop

Feature: A namespace that is deleted is emptied, and then goes

  Background:
    Given a cluster of 1 node
    And the manifests:
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: prices, namespace: shop}
      ---
      apiVersion: apps/v1
      kind: ReplicaSet
      metadata: {name: web, namespace: shop}
      spec:
        replicas: 2
        selector: {matchLabels: {app: web}}
        template:
          metadata:
            labels: {app: web}
            annotations: {simulation.ruleplane.dev/stop-delay: 5s}
          spec: {containers: [{name: main, image: nginx}]}
      """
    And the control plane is idle

  Example: Everything inside goes first, in its own time
    When Namespace "shop" is deleted
    And the control plane is idle
    Then Namespace "shop" has status.phase Terminating
    And ConfigMap "shop/prices" is gone
    And there are 2 Pods in namespace "shop"
    And within 6 seconds Namespace "shop" is gone
    And there are no Pods in namespace "shop"
    And there are no ServiceAccounts in namespace "shop"

  Example: A finalizer inside holds it
    Given metadata.finalizers of ConfigMap "shop/prices" is set to ["example.com/audit"]
    When Namespace "shop" is deleted
    Then for 60 seconds Namespace "shop" exists
    When metadata.finalizers of ConfigMap "shop/prices" is set to []
    Then within 1 second Namespace "shop" is gone

  Example: Nothing new comes in meanwhile
    When Namespace "shop" is deleted
    And somebody tries to apply the manifest:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: late, namespace: shop}
      """
    Then the request is refused with "because it is being terminated"

  Example: Other namespaces are left alone
    Given a Pod "mine"
    And the control plane is idle
    When Namespace "shop" is deleted
    And 10 seconds pass
    Then Pod "default/mine" has status.phase Running
    And Namespace "default" exists

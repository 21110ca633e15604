Feature: Every namespace has a service account called default

  Example: A new namespace
    Given a cluster
    And the manifest:
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      """
    When the control plane is idle
    Then ServiceAccount "shop/default" exists because of rule "service-account/default-account"

  Example: Somebody deletes it
    Given a cluster
    When ServiceAccount "default/default" is deleted
    And the control plane is idle
    Then ServiceAccount "default/default" exists

  Example: The namespaces that every cluster has
    Given a cluster
    Then ServiceAccount "kube-system/default" exists
    And ServiceAccount "kube-public/default" exists

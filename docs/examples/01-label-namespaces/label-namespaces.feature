Feature: Every Namespace enforces a Pod security standard, unless it chooses one itself

  Background:
    Given a cluster

  Example: A Namespace that says nothing gets the level of the settings
    Given the manifest:
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      """
    When the control plane is idle
    Then Namespace "shop" has metadata.labels[pod-security.kubernetes.io/enforce] baseline
    And Namespace "shop" has metadata.labels[kubernetes.io/metadata.name] shop

  Example: Its own choice stays (a stricter team must not be overruled)
    Given the manifest:
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: bank, labels: {pod-security.kubernetes.io/enforce: restricted}}
      """
    When the control plane is idle
    Then Namespace "bank" has metadata.labels[pod-security.kubernetes.io/enforce] restricted

  Example: Those of the system are left alone
    When the control plane is idle
    Then Namespace "kube-system" has no metadata.labels[pod-security.kubernetes.io/enforce]
    And Namespace "default" has metadata.labels[pod-security.kubernetes.io/enforce] baseline

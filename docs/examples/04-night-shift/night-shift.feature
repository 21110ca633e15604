Feature: Deployments that ask for it sleep at night, and wake as they were

  The clock of a scenario begins on Thursday, 1 January 2026, at midnight UTC: 1 o'clock at night in Zurich.

  Background:
    Given a cluster
    And the manifests:
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: office, labels: {sleeps: "true"}}
      spec:
        replicas: 3
        selector: {matchLabels: {app: office}}
        template:
          metadata: {labels: {app: office}}
          spec: {containers: [{name: main, image: nginx}]}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: shop}
      spec:
        replicas: 2
        selector: {matchLabels: {app: shop}}
        template:
          metadata: {labels: {app: shop}}
          spec: {containers: [{name: main, image: nginx}]}
      """
    When the control plane is idle

  Example: It sleeps at night, and has its size again at six
    Then Deployment "office" has spec.replicas 0
    And Deployment "shop" has spec.replicas 2
    When 4 hours pass
    Then Deployment "office" has spec.replicas 0
    When 70 minutes pass
    Then Deployment "office" has spec.replicas 3
    And Deployment "office" has no metadata.annotations[examples.ruleplane.dev/replicas]
    And for 13 hours Deployment "office" has spec.replicas 3
    And within 70 minutes Deployment "office" has spec.replicas 0

  Example: On Saturday and Sunday there is no morning
    When 36 hours pass
    Then Deployment "office" has spec.replicas 3
    When 24 hours pass
    Then Deployment "office" has spec.replicas 0
    And for 40 hours Deployment "office" has spec.replicas 0
    And within 6 hours Deployment "office" has spec.replicas 3

  Example: Who is called up at night stays up until the morning
    When spec.replicas of Deployment "office" is set to 1
    And the control plane is idle
    Then for 4 hours Deployment "office" has spec.replicas 1
    And within 70 minutes Deployment "office" has spec.replicas 3

  Example: One that no longer asks wakes at once
    When Deployment "office" is labelled anew "sleeps-"
    And the control plane is idle
    Then Deployment "office" has spec.replicas 3

Feature: A Database starts in order, is backed up, and goes only after its last backup

  Background:
    Given a cluster of 2 nodes
    And the manifest:
      """
      apiVersion: examples.ruleplane.dev/v1
      kind: Database
      metadata: {name: orders, annotations: {simulation.ruleplane.dev/exit-after: 30s}}
      spec: {replicas: 2}
      """

  Example: Standbys never start before the primary is ready
    Then there are no Pods labelled "role=standby" until there is 1 Pod labelled "role=primary" where status.phase is Running
    When the control plane is idle
    Then Database "orders" has status.phase Ready
    And Database "orders" has status.readyReplicas 3
    And CronJob "orders-backup" has spec.schedule "0 3 * * *"

  Example: It grows with its spec
    When the control plane is idle
    And spec.replicas of Database "orders" is set to 4
    And the control plane is idle
    Then there are 4 Pods labelled "role=standby"

  Example: Its servers run until the last backup is done; then all of it goes
    When the control plane is idle
    And Database "orders" is deleted
    Then for 29 seconds there are 3 Pods where metadata.labels.database is orders
    And within 10 seconds there are no Databases
    And within 60 seconds there are no Pods
    And there are no CronJobs

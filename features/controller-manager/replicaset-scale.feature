Feature: A ReplicaSet keeps the number of Pods that it asks for

  Background:
    Given a cluster of 3 nodes

  Rule: Missing Pods are created

    Example: A new ReplicaSet of three
      Given a ReplicaSet "web" of 3 replicas
      When the control plane is idle
      Then there are 3 Pods owned by ReplicaSet "web"
      And every Pod owned by ReplicaSet "web" has status.phase Running
      And every Pod owned by ReplicaSet "web" exists because of rule "replicaset/keep-replicas"
      And the cause of every Pod owned by ReplicaSet "web" is a request by kubectl

    Example: Pods are named after it, so that people find them
      Given a ReplicaSet "web" of 1 replica
      When the control plane is idle
      Then every Pod owned by ReplicaSet "web" has metadata.name matching "web-[a-z0-9]{5}"
      And every Pod owned by ReplicaSet "web" has metadata.labels.app web

    Example: Scaled up, only what is missing is added
      Given a ReplicaSet "web" of 2 replicas
      And the control plane is idle
      When ReplicaSet "web" is scaled to 5
      Then always there are at most 5 Pods owned by ReplicaSet "web"
      And within 1 second there are 5 Pods owned by ReplicaSet "web" where status.phase is Running

    Example: Every creation is told, on the ReplicaSet
      Given a ReplicaSet "web" of 1 replica
      When the control plane is idle
      Then an Event SuccessfulCreate on ReplicaSet "web" contains "Created pod: web-"

    Example: More than one pass can create (500 at a time, as Kubernetes does)
      Given a ReplicaSet "web" of 501 replicas
      When the control plane is idle
      Then there are 501 Pods owned by ReplicaSet "web"

  Rule: A Pod that goes is replaced

    Example: Somebody deletes a Pod
      Given a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      When one of Pods owned by ReplicaSet "web" is deleted
      Then within 1 second there are 3 Pods owned by ReplicaSet "web" where status.phase is Running
      And for 60 seconds there are 3 Pods owned by ReplicaSet "web"

    Example: A Pod that is being deleted no longer counts (its replacement does not wait for it)
      Given a ReplicaSet "web" of 1 replica with:
        """
        annotations: {simulation.ruleplane.dev/stop-delay: 20s}
        """
      And the control plane is idle
      When one of Pods owned by ReplicaSet "web" is deleted
      And the control plane is idle
      Then there are 2 Pods labelled "app=web"
      And ReplicaSet "web" has status.replicas 1
      And ReplicaSet "web" has status.terminatingReplicas 1
      And within 25 seconds there is 1 Pod labelled "app=web"

    Example: A failed Pod is replaced, and stays to be looked at
      Given a ReplicaSet "web" of 2 replicas
      And the control plane is idle
      When status.phase of Pods owned by ReplicaSet "web" is set to Failed
      And the control plane is idle
      Then there are 2 Pods owned by ReplicaSet "web" where status.phase is Failed
      And there are 2 Pods owned by ReplicaSet "web" where status.phase is Running

  Rule: Surplus Pods are deleted, the least useful first

    Example: Scaled to nothing
      Given a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      When ReplicaSet "web" is scaled to 0
      And the control plane is idle
      Then there are no Pods owned by ReplicaSet "web"
      And Event SuccessfulDelete was told 3 times on ReplicaSet "web"
      And ReplicaSet "web" has status.replicas 0

    Example: A Pod without a node goes before one that runs
      Given a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      And Nodes are patched:
        """
        spec: {unschedulable: true}
        """
      When ReplicaSet "web" is scaled to 4
      And the control plane is idle
      And ReplicaSet "web" is scaled to 3
      And the control plane is idle
      Then there are 3 Pods owned by ReplicaSet "web" where status.phase is Running

    Example: A Pod that is not ready goes before one that is
      Given a ReplicaSet "web" of 2 replicas
      And the control plane is idle
      When ReplicaSet "web" is patched:
        """
        spec: {replicas: 3, template: {metadata: {annotations: {simulation.ruleplane.dev/ready-delay: 1h}}}}
        """
      And the control plane is idle
      And ReplicaSet "web" is scaled to 2
      And the control plane is idle
      Then there are 2 Pods owned by ReplicaSet "web"
      And condition Ready of every Pod owned by ReplicaSet "web" is True

    Example: A lower deletion cost goes first (people say which Pod they can spare)
      Given a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      When every Pod owned by ReplicaSet "web" is patched:
        """
        metadata: {annotations: {controller.kubernetes.io/pod-deletion-cost: "100"}}
        """
      And one of Pods owned by ReplicaSet "web" is patched:
        """
        metadata: {annotations: {controller.kubernetes.io/pod-deletion-cost: "-5"}}
        """
      And ReplicaSet "web" is scaled to 2
      And the control plane is idle
      Then every Pod owned by ReplicaSet "web" has metadata.annotations[controller.kubernetes.io/pod-deletion-cost] "100"

    Example: Of nodes with several of its Pods, one is relieved first
      Given a ReplicaSet "web" of 4 replicas
      And the control plane is idle
      When ReplicaSet "web" is scaled to 3
      And the control plane is idle
      Then there is 1 Pod owned by ReplicaSet "web" where spec.nodeName is node-1
      And there is 1 Pod owned by ReplicaSet "web" where spec.nodeName is node-2
      And there is 1 Pod owned by ReplicaSet "web" where spec.nodeName is node-3

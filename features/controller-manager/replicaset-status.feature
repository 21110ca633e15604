Feature: A ReplicaSet's status counts its Pods

  Background:
    Given a cluster of 2 nodes

  Rule: Each count says how far the Pods are

    Example: All are ready
      Given a ReplicaSet "web" of 3 replicas
      When the control plane is idle
      Then ReplicaSet "web" has status.replicas 3
      And ReplicaSet "web" has status.readyReplicas 3
      And ReplicaSet "web" has status.availableReplicas 3
      And ReplicaSet "web" has status.fullyLabeledReplicas 3
      And ReplicaSet "web" has status.observedGeneration 1
      And status.readyReplicas of ReplicaSet "web" is so because of rule "replicaset/report"

    Example: None is ready yet
      Given a ReplicaSet "web" of 2 replicas with:
        """
        annotations: {simulation.ruleplane.dev/ready-delay: 30s}
        """
      When the control plane is idle
      Then ReplicaSet "web" has status.replicas 2
      And ReplicaSet "web" has status.readyReplicas 0
      And within 30 seconds ReplicaSet "web" has status.readyReplicas 2

    Example: A Pod is ready for a while before it is available
      Given a ReplicaSet "web" of 2 replicas with:
        """
        minReadySeconds: 20
        """
      When the control plane is idle
      Then ReplicaSet "web" has status.readyReplicas 2
      And for 19 seconds ReplicaSet "web" has status.availableReplicas 0
      And within 2 seconds ReplicaSet "web" has status.availableReplicas 2

    Example: The generation that was acted on is told
      Given a ReplicaSet "web" of 1 replica
      And the control plane is idle
      When ReplicaSet "web" is scaled to 2
      And the control plane is idle
      Then ReplicaSet "web" has metadata.generation 2
      And ReplicaSet "web" has status.observedGeneration 2

  Rule: A refusal is told as long as it lasts

    Example: A quota forbids Pods
      Given every creation of Pod is refused with "exceeded quota: compute"
      And a ReplicaSet "web" of 3 replicas
      When the control plane is idle
      Then there are no Pods
      And condition ReplicaFailure of ReplicaSet "web" is True with reason FailedCreate
      And an Event FailedCreate on ReplicaSet "web" says "Error creating: exceeded quota: compute"

    Example: A refusal stops the burst (all would meet it)
      Given every creation of Pod is refused
      And a ReplicaSet "web" of 100 replicas
      When the control plane is idle
      Then the faults have struck 5 times

    Example: The quota is raised
      Given every creation of Pod is refused
      And a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      When nothing goes wrong any more
      And 10 seconds pass
      Then there are 3 Pods owned by ReplicaSet "web"
      And ReplicaSet "web" has no condition ReplicaFailure

    Example: The fourth Pod is one too many
      Given the 4th creation of Pod is refused
      And a ReplicaSet "web" of 5 replicas
      When the control plane is idle
      Then there are 5 Pods owned by ReplicaSet "web"
      And the faults have struck 1 time

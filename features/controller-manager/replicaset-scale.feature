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

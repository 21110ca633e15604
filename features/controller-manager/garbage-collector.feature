Feature: An object whose owners are all gone goes too

  Background:
    Given a cluster of 2 nodes
    And a ReplicaSet "web" of 2 replicas
    And the control plane is idle

  Rule: By default dependents follow in the background

    Example: A ReplicaSet takes its Pods along
      When ReplicaSet "web" is deleted
      And the control plane is idle
      Then ReplicaSet "web" is gone
      And there are no Pods

    Example: The owner goes before its Pods do
      When every Pod is patched:
        """
        metadata: {finalizers: [example.com/hold]}
        """
      And ReplicaSet "web" is deleted
      And the control plane is idle
      Then ReplicaSet "web" is gone
      And every Pod is being deleted

    Example: No Pod is made again for a ReplicaSet that goes
      Given never there are 3 Pods
      When ReplicaSet "web" is deleted
      And 30 seconds pass
      Then there are no Pods

  Rule: In the foreground the owner waits for its dependents

    Example: The ReplicaSet stays until its Pods are gone
      When every Pod is patched:
        """
        metadata: {finalizers: [example.com/hold]}
        """
      And ReplicaSet "web" is deleted, foreground
      And the control plane is idle
      Then ReplicaSet "web" is being deleted
      And every Pod is being deleted
      When metadata.finalizers of every Pod is set to []
      And the control plane is idle
      Then ReplicaSet "web" is gone
      And there are no Pods

  Rule: Orphans live on, without an owner

    Example: The Pods are kept
      When ReplicaSet "web" is deleted, orphan
      And the control plane is idle
      Then ReplicaSet "web" is gone
      And there are 2 Pods where status.phase is Running
      And every Pod has no metadata.ownerReferences

    Example: A new ReplicaSet takes them over
      When ReplicaSet "web" is deleted, orphan
      And the control plane is idle
      And a ReplicaSet "web" of 2 replicas
      And the control plane is idle
      Then there are 2 Pods
      And there are 2 Pods owned by ReplicaSet "web"

  Rule: As long as one owner is left, the object stays

    Example: Of two owners one goes
      Given the manifests:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: one}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: two}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: child}
        """
      And ConfigMap "child" belongs to ConfigMaps where metadata.name is not child
      When ConfigMap "one" is deleted
      And the control plane is idle
      Then ConfigMap "child" has 1 entries in metadata.ownerReferences
      When ConfigMap "two" is deleted
      And the control plane is idle
      Then ConfigMap "child" is gone

    Example: An owner of that name with another uid is no owner
      Given the manifest:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: stray
          ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: 00000000-0000-4000-8000-000000000000}]
        """
      When the control plane is idle
      Then ConfigMap "stray" is gone

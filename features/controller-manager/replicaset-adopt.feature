Feature: A ReplicaSet owns the Pods that its selector matches

  Background:
    Given a cluster of 2 nodes

  Rule: A matching Pod without a controller is adopted

    Example: A Pod that was there before counts
      Given a Pod "early" with:
        """
        metadata: {labels: {app: web}}
        """
      And the control plane is idle
      When the manifest is applied:
        """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: nginx}]}
        """
      And the control plane is idle
      Then there are 2 Pods owned by ReplicaSet "web"
      And Pod "early" has metadata.ownerReferences[0].controller true
      And metadata.ownerReferences of Pod "early" is so because of rule "replicaset/adopt"

    Example: Another controller's Pod is left alone
      Given a ReplicaSet "first" of 1 replica with:
        """
        selector: {matchLabels: {app: first}}
        """
      And the control plane is idle
      When the manifest is applied:
        """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: second}
        spec:
          replicas: 1
          selector: {matchLabels: {app: first}}
          template:
            metadata: {labels: {app: first}}
            spec: {containers: [{name: main, image: nginx}]}
        """
      And the control plane is idle
      Then there is 1 Pod owned by ReplicaSet "first"
      And there is 1 Pod owned by ReplicaSet "second"

  Rule: A Pod that no longer matches is released, and replaced

    Example: Somebody takes a Pod out of service to look at it
      Given a ReplicaSet "web" of 2 replicas
      And the control plane is idle
      When one of Pods owned by ReplicaSet "web" is labelled anew "app=quarantine"
      And the control plane is idle
      Then Pod labelled "app=quarantine" has no metadata.ownerReferences
      And there are 2 Pods owned by ReplicaSet "web"
      And there are 3 Pods

    Example: The released Pod comes back and is one too many
      Given a ReplicaSet "web" of 2 replicas
      And the control plane is idle
      When one of Pods owned by ReplicaSet "web" is labelled anew "app=quarantine"
      And the control plane is idle
      And Pods labelled "app=quarantine" are labelled anew "app=web"
      And the control plane is idle
      Then there are 2 Pods
      And there are 2 Pods owned by ReplicaSet "web"

  Rule: A finished Pod is not adopted

    Example: It would never run again
      Given a Pod "done" with:
        """
        metadata: {labels: {app: web}, annotations: {simulation.ruleplane.dev/exit-after: 0s}}
        restartPolicy: Never
        """
      And the control plane is idle
      And a ReplicaSet "web" of 1 replica
      When the control plane is idle
      Then Pod "done" has no metadata.ownerReferences
      And there is 1 Pod owned by ReplicaSet "web"

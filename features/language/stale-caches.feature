Feature: On a cache that may be behind, what is to be deleted or to change its owner is looked at afresh first

  A controller that follows another API server sees each kind as late as its watch is. One object too many can be mended
  later. One deleted too much cannot, and after an outage it may be everything. So before such a write all that the
  decision looked at is read from the API, and decided again.

  Rule: What is surplus is counted anew

    Example: A Pod is gone already, and the cache still shows it
      Given a cluster of 1 node
      And a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      And the cache of Pod stands still
      And one of Pods is deleted with grace 0
      And never there are 1 Pods
      When ReplicaSet "web" is scaled to 2
      And 30 seconds pass
      Then there are 2 Pods
      And rule "keep-replicas" fired 1 time on ReplicaSet "web"
      When the cache of Pod catches up
      And 30 seconds pass
      Then there are 2 Pods

    Example: The Pod that would have gone is worth more by now
      Given a cluster of 1 node
      And a ReplicaSet "web" of 2 replicas
      And the control plane is idle
      And the cache of Pod stands still
      And metadata.annotations of one of Pods is set to {controller.kubernetes.io/pod-deletion-cost: "5"}
      When ReplicaSet "web" is scaled to 1
      And 30 seconds pass
      And the cache of Pod catches up
      And the control plane is idle
      Then there is 1 Pod
      And every Pod has some metadata.annotations

  Rule: Mass eviction after an outage: what recovered behind our back loses nothing

    Background:
      Given a cluster without bundled rules
      And the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: evictor}
        spec:
          component: test
          for: {p: {kind: v1/Pod}}
          watch:
            node: {kind: v1/Node, name: p.spec.?nodeName.orValue('')}
          rules:
            - name: evict
              doc: A Pod leaves a machine that does not answer.
              when: >-
                node != null && node.?status.?conditions.orValue([]).exists(c, c.type == 'Ready' && c.status != 'True')
              delete: {objects: p}
        """
      And the manifests:
        """
        apiVersion: v1
        kind: Node
        metadata: {name: alpha}
        status: {conditions: [{type: Ready, status: "False", reason: Lost, message: ""}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: beta}
        status: {conditions: [{type: Ready, status: "False", reason: Lost, message: ""}]}
        """
      And the status of every Node is patched:
        """
        status: {conditions: [{type: Ready, status: "False", reason: Lost, message: ""}]}
        """
      And the control plane is idle
      And the cache of Node stands still
      And the status of Node "alpha" is patched:
        """
        status: {conditions: [{type: Ready, status: "True", reason: Back, message: ""}]}
        """

    Example: A machine answers again, and the cache has not heard of it
      When the manifests:
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: safe}
        spec: {nodeName: alpha, containers: [{name: main, image: example.com/app}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: doomed}
        spec: {nodeName: beta, containers: [{name: main, image: example.com/app}]}
        """
      And 60 seconds pass
      Then Pod "safe" exists
      And Pod "safe" has no metadata.deletionTimestamp
      And Pod "doomed" is being deleted

    Example: What cannot be read again is not deleted
      Given every list of Node is refused with "the server is at its limits"
      When the manifests:
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: doomed}
        spec: {nodeName: beta, containers: [{name: main, image: example.com/app}]}
        """
      And 60 seconds pass
      Then Pod "doomed" has no metadata.deletionTimestamp
      When nothing goes wrong any more
      And 600 seconds pass
      Then Pod "doomed" is being deleted

  Rule: An owner that the cache has not seen is an owner

    Example: What belongs to it is not collected
      Given a cluster of 1 node
      And the control plane is idle
      And the cache of ConfigMap stands still
      And the manifests:
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: boss}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: worker}
        """
      When Secret "worker" belongs to ConfigMap "boss"
      And 30 seconds pass
      Then Secret "worker" exists
      When ConfigMap "boss" is deleted
      And the cache of ConfigMap catches up
      And the control plane is idle
      Then Secret "worker" is gone

  Rule: Who is being deleted takes nothing over

    Example: A ReplicaSet goes, and the cache has not heard of it
      Given a cluster of 1 node
      And a ReplicaSet "web" of 2 replicas
      And the control plane is idle
      And the cache of ReplicaSet stands still
      And ReplicaSet "web" is deleted, orphan
      When the manifest is applied:
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: stray, labels: {app: web}}
        spec: {containers: [{name: main, image: example.com/app}]}
        """
      And 30 seconds pass
      Then Pod "stray" has no metadata.ownerReferences
      And there are 3 Pods

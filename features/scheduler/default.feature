Feature: Every Pod without a node gets the best node that can run it

  Rule: A Pod is bound, and everybody is told

    Example: One node
      Given a cluster of 1 node
      And a Pod "web"
      When the control plane is idle
      Then Pod "web" has spec.nodeName node-1
      And spec.nodeName of Pod "web" is so because of rule "default-scheduler/bind"
      And condition PodScheduled of Pod "web" is True
      And an Event Scheduled on Pod "web" says "Successfully assigned default/web to node-1"

    Example: A Pod that names its node is not scheduled
      Given a cluster of 2 nodes
      And a Pod "web" with:
        """
        nodeName: node-2
        """
      When the control plane is idle
      Then Pod "web" has spec.nodeName node-2
      And there is no Event Scheduled on Pod "web"
      And Pod "web" has status.phase Running

    Example: Another scheduler's Pod is left alone
      Given a cluster of 1 node
      And a Pod "web" with:
        """
        schedulerName: mine
        """
      When 60 seconds pass
      Then Pod "web" has no spec.nodeName
      And Pod "web" has status.phase Pending
      And Pod "web" has no condition PodScheduled

    Example: A gated Pod waits for its gates
      Given a cluster of 1 node
      And a Pod "web" with:
        """
        schedulingGates: [{name: example.com/paid}]
        """
      When the control plane is idle
      Then Pod "web" has no spec.nodeName
      And condition PodScheduled of Pod "web" is False with reason SchedulingGated
      When spec.schedulingGates of Pod "web" is set to []
      And the control plane is idle
      Then Pod "web" has spec.nodeName node-1

  Rule: The least allocated node is the best

    Example: Pods spread over equal nodes
      Given a cluster of 3 nodes
      And a ReplicaSet "web" of 6 replicas
      When the control plane is idle
      Then there are 2 Pods where spec.nodeName is node-1
      And there are 2 Pods where spec.nodeName is node-2
      And there are 2 Pods where spec.nodeName is node-3

    Example: A big node takes more
      Given a node "big"
      And a node "small" with:
        """
        capacity: {cpu: "4", memory: 8Gi}
        """
      And 3 Pods "work-N" that request 2 cpu
      When the control plane is idle
      Then there are 3 Pods where spec.nodeName is big

  Rule: A Pod that fits nowhere waits, and says why in Kubernetes' words

    Example: There are no nodes
      Given a cluster
      And a Pod "web"
      When the control plane is idle
      Then condition PodScheduled of Pod "web" is False with reason Unschedulable and message "no nodes available to schedule pods"
      And an Event FailedScheduling on Pod "web" says "no nodes available to schedule pods"

    Example: Too little cpu everywhere
      Given a cluster of 2 nodes
      And a Pod "huge" that requests 33 cpu
      When the control plane is idle
      Then condition PodScheduled of Pod "huge" is False with reason Unschedulable
      And an Event FailedScheduling on Pod "huge" says "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."

    Example: Each node has its own reason
      Given a cluster of 1 node
      And a node "busy" with:
        """
        spec: {unschedulable: true}
        """
      And a node "special" with:
        """
        spec: {taints: [{key: gpu, value: a100, effect: NoSchedule}]}
        """
      And a Pod "huge" that requests 33 cpu
      When the control plane is idle
      Then an Event FailedScheduling on Pod "huge" says "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {gpu: a100}, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."

  Rule: A waiting Pod is tried again when something has changed

    Example: A node appears
      Given a cluster
      And a Pod "web"
      And the control plane is idle
      When a node "new"
      And the control plane is idle
      Then Pod "web" has spec.nodeName new
      And condition PodScheduled of Pod "web" is True

    Example: A node becomes free
      Given a cluster of 1 node
      And a Pod "first" that requests 20 cpu
      And the control plane is idle
      And a Pod "second" that requests 20 cpu
      And the control plane is idle
      Then Pod "second" has no spec.nodeName
      When Pod "first" is deleted
      And the control plane is idle
      Then Pod "second" has spec.nodeName node-1

    Example: A taint goes
      Given a cluster of 1 node
      And node "node-1" is tainted "maintenance:NoSchedule"
      And a Pod "web"
      And the control plane is idle
      When spec.taints of Node "node-1" is removed
      And the control plane is idle
      Then Pod "web" has spec.nodeName node-1

    Example: Nothing has changed, so nothing is tried (a waiting Pod costs nothing)
      Given a cluster of 1 node
      And a Pod "huge" that requests 33 cpu
      When 300 seconds pass
      Then rule "default-scheduler/bind" fired 1 time on Pod "huge"

Feature: Pods that ask for this scheduler fill one node before they begin another

  Background:
    Given a node "a" with:
      """
      capacity: {cpu: "4"}
      """
    And a node "b" with:
      """
      capacity: {cpu: "4"}
      """
    And a Pod "first" with:
      """
      nodeName: a
      containers: [{name: main, image: nginx, resources: {requests: {cpu: "1"}}}]
      """
    And a ReplicaSet "dense" of 3 replicas with:
      """
      template:
        schedulerName: packing-scheduler
        containers: [{name: main, image: nginx, resources: {requests: {cpu: "1"}}}]
      """
    When the control plane is idle

  Example: Pods join the node that is begun already (an empty node can be given back)
    Then there are 4 Pods where spec.nodeName is a
    And an Event Scheduled on every Pod owned by ReplicaSet "dense" contains "onto a"

  Example: What does not fit begins another node
    When ReplicaSet "dense" is scaled to 5
    And the control plane is idle
    Then there are 4 Pods where spec.nodeName is a
    And there are 2 Pods where spec.nodeName is b

  Example: What fits nowhere waits, and says why
    When ReplicaSet "dense" is scaled to 8
    And the control plane is idle
    Then there are 8 Pods where status.phase is Running
    And condition PodScheduled of Pods where status.phase is Pending is False with reason Unschedulable
    And an Event FailedScheduling on Pods where status.phase is Pending contains "2 Insufficient cpu"

  Example: Pods of the default scheduler are none of its business
    Given a Pod "other"
    When the control plane is idle
    Then spec.nodeName of Pod "other" is so because of rule "default-scheduler/bind"

Feature: No object is ever made twice

  However answers get lost, caches lag and controllers die, a ReplicaSet of three never has a fourth Pod.

  Background:
    Given a cluster of 2 nodes
    And always there are at most 3 Pods

  Rule: A write without an answer is looked up, not repeated

    Scenario Outline: The answer to creation <nth> is lost
      Given the answer to the <nth> creation of Pod is lost
      And a ReplicaSet "web" of 3 replicas
      When 1 second passes
      Then there are 3 Pods owned by ReplicaSet "web" where status.phase is Running
      And ReplicaSet "web" has status.readyReplicas 3
      And the faults have struck 1 time

      Examples:
        | nth |
        | 1st |
        | 2nd |
        | 3rd |

    Example: Every answer is lost, for a while
      Given the answer to every creation of Pod is lost
      And a ReplicaSet "web" of 3 replicas
      When 20 seconds pass
      And nothing goes wrong any more
      And 60 seconds pass
      Then there are 3 Pods owned by ReplicaSet "web"

    Example: The answer to a deletion is lost
      Given a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      And the answer to the next deletion of Pod is lost
      When ReplicaSet "web" is scaled to 1
      And 1 second passes
      Then there is 1 Pod owned by ReplicaSet "web"
      And for 30 seconds there is 1 Pod

    Example: The answer to a binding is lost
      Given the answer to the next binding is lost
      And a ReplicaSet "web" of 3 replicas
      When 1 second passes
      Then there are 3 Pods where status.phase is Running

  Rule: Nothing is decided on a cache that does not show one's own writes

    Example: The cache of Pods stands still
      Given the cache of Pod stands still
      And a ReplicaSet "web" of 3 replicas
      When 60 seconds pass
      Then there are 3 Pods owned by ReplicaSet "web"
      When the cache of Pod catches up
      And the control plane is idle
      Then there are 3 Pods owned by ReplicaSet "web" where status.phase is Running

    Example: It stands still, and the answer is lost as well
      Given the cache of Pod stands still
      And the answer to the 2nd creation of Pod is lost
      And a ReplicaSet "web" of 3 replicas
      When 60 seconds pass
      And the cache of Pod catches up
      And 1 second passes
      Then there are 3 Pods owned by ReplicaSet "web" where status.phase is Running

    Example: It stands still while the ReplicaSet changes (another wish is no reason to make more)
      Given a ReplicaSet "web" of 1 replica
      And the control plane is idle
      And the cache of Pod stands still
      When ReplicaSet "web" is scaled to 2
      And 5 seconds pass
      And ReplicaSet "web" is scaled to 3
      And 5 seconds pass
      And the cache of Pod catches up
      And the control plane is idle
      Then there are 3 Pods owned by ReplicaSet "web"

    Example: Pods are shown five seconds late
      Given the cache of Pod lags 5 seconds behind
      And a ReplicaSet "web" of 3 replicas
      Then within 60 seconds there are 3 Pods where status.phase is Running
      And for 60 seconds there are 3 Pods

    Example: Scaled down, no Pod too many is deleted while the cache is behind
      Given a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      And the cache of Pod stands still
      And never there are no Pods
      When ReplicaSet "web" is scaled to 1
      And 30 seconds pass
      And the cache of Pod catches up
      And 1 second passes
      Then there is 1 Pod where status.phase is Running

  Rule: A controller that dies between two effects goes on where it was

    Scenario Outline: It dies after creation <nth>
      Given the controllers crash after the <nth> creation of Pod
      And a ReplicaSet "web" of 3 replicas
      When 1 second passes
      Then there are 3 Pods owned by ReplicaSet "web" where status.phase is Running
      And the faults have struck 1 time

      Examples:
        | nth |
        | 1st |
        | 2nd |
        | 3rd |

    Example: It dies, and comes back to a list from before (names follow from what is known, so that they meet again)
      Given the controllers crash after the 2nd creation of Pod
      And the cache of Pod stands still
      And a ReplicaSet "web" of 3 replicas
      When 30 seconds pass
      Then there are 3 Pods owned by ReplicaSet "web"
      When the cache of Pod catches up
      And 1 second passes
      Then there are 3 Pods owned by ReplicaSet "web" where status.phase is Running

    Example: It dies while it scales down, and comes back to a list from before
      Given a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      And never there are no Pods
      And the controllers crash after the 1st deletion of Pod
      And the cache of Pod lags 5 seconds behind
      When ReplicaSet "web" is scaled to 1
      And 30 seconds pass
      Then there is 1 Pod where status.phase is Running

    Example: It dies after every write, for a while
      Given the controllers crash after the 1st creation of Pod
      And the controllers crash after the 3rd creation of Pod
      And the controllers crash after the 4th change
      And the controllers crash after the 2nd binding
      And a ReplicaSet "web" of 3 replicas
      When 5 seconds pass
      Then there are 3 Pods owned by ReplicaSet "web" where status.phase is Running
      And ReplicaSet "web" has status.readyReplicas 3

    Example: Restarted at rest, nothing happens
      Given a ReplicaSet "web" of 3 replicas
      And the control plane is idle
      When the controllers are restarted
      And everything is reconciled again
      Then nothing was written
      And there are 3 Pods where status.phase is Running

  Rule: A conflict is decided again

    Example: Every kind of write meets one
      Given the next creation of Pod meets a conflict
      And the next binding meets a conflict
      And the next change of Pod meets a conflict
      And the next change of ReplicaSet meets a conflict
      And a ReplicaSet "web" of 3 replicas
      When 1 second passes
      Then there are 3 Pods owned by ReplicaSet "web" where status.phase is Running
      And ReplicaSet "web" has status.readyReplicas 3
      And the faults have struck 4 times

Feature: What was written is counted, although the cache does not show it yet

  What is given away twice because a watch lags, a machine's room or a free number, is not taken back.

  Rule: Room that was given away is taken

    Background:
      Given a cluster of 1 node

    Example: Two Pods want the last processor, and Pods are shown five seconds late
      Given the cache of Pod lags 5 seconds behind
      And a Pod "first" with:
        """
        containers: [{name: main, image: example.com/app, resources: {requests: {cpu: "20"}}}]
        """
      And a Pod "second" with:
        """
        containers: [{name: main, image: example.com/app, resources: {requests: {cpu: "20"}}}]
        """
      And never there are 2 Pods where spec.nodeName is node-1
      When 60 seconds pass
      Then there is 1 Pod where spec.nodeName is node-1
      And condition PodScheduled of Pod "second" is False with reason Unschedulable

    Example: What was refused takes no room
      Given the cache of Pod lags 5 seconds behind
      And the next binding meets a conflict
      And a Pod "first" with:
        """
        containers: [{name: main, image: example.com/app, resources: {requests: {cpu: "20"}}}]
        """
      When 60 seconds pass
      Then Pod "first" has spec.nodeName node-1

  Rule: A number that was given away is not free

    Example: Nodes are shown five seconds late
      Given the cache of Node lags 5 seconds behind
      And a cluster of 3 nodes
      When 60 seconds pass
      Then every Node has spec.podCIDR matching "10\.244\.\d+\.0/24"
      And Nodes have spec.podCIDR each of their own

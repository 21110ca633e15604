Feature: Every node gets its own range of Pod addresses

  Rule: Ranges do not overlap

    Example: Three nodes
      Given a cluster of 3 nodes
      Then every Node has spec.podCIDR matching "10\.244\.\d+\.0/24"
      And Nodes have spec.podCIDR each of their own
      And spec.podCIDR of every Node is so because of rule "node-ipam/assign"

    Example: Three hundred nodes at once
      Given a cluster of 300 nodes
      Then Nodes have spec.podCIDR each of their own

  Rule: A range is kept, and given again when its node is gone

    Example: A node comes back in the place of another
      Given a cluster of 2 nodes
      When Node "node-1" is deleted
      And the control plane is idle
      Then Node "node-1" exists
      And Nodes have spec.podCIDR each of their own

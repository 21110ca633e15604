Feature: A kubelet registers its machine as a Node, says how it is, and renews its lease

  Rule: There is a Node for every machine

    Example: It is ready, and says what it offers
      Given a cluster of 1 node
      Then condition Ready of Node "node-1" is True with reason KubeletReady and message "kubelet is posting ready status"
      And condition MemoryPressure of Node "node-1" is False with reason KubeletHasSufficientMemory
      And condition DiskPressure of Node "node-1" is False with reason KubeletHasNoDiskPressure
      And condition PIDPressure of Node "node-1" is False with reason KubeletHasSufficientPID
      And Node "node-1" has status.allocatable.cpu "32"
      And Node "node-1" has metadata.labels[kubernetes.io/hostname] node-1
      And Node "node-1" has status.addresses[type=Hostname].address node-1

    Example: A deleted Node comes back, as long as its kubelet runs
      Given a cluster of 1 node
      When Node "node-1" is deleted
      And the control plane is idle
      Then condition Ready of Node "node-1" is True

  Rule: The lease is renewed every ten seconds

    Example: In a minute, six times
      Given a cluster of 1 node
      Then Lease "kube-node-lease/node-1" has spec.holderIdentity node-1
      And Lease "kube-node-lease/node-1" has spec.leaseDurationSeconds 40
      When 60 seconds pass
      Then rule "kubelet-node/heartbeat" fired 7 times

    Example: The status itself is written every five minutes only (it is large)
      Given a cluster of 1 node
      When 600 seconds pass
      Then rule "kubelet-node/report" fired 3 times

    Example: The lease goes with its node
      Given a cluster of 1 node
      Then Lease "kube-node-lease/node-1" has metadata.ownerReferences[0].name node-1

Feature: A node that cannot run a Pod is passed over

  Rule: A cordoned node takes no Pods

    Example: The other one does
      Given a cluster of 2 nodes
      And node "node-1" is cordoned
      And a ReplicaSet "web" of 4 replicas
      When the control plane is idle
      Then there are 4 Pods where spec.nodeName is node-2

    Example: Uncordoned, it does again
      Given a cluster of 1 node
      And node "node-1" is cordoned
      And a Pod "web"
      And the control plane is idle
      When node "node-1" is uncordoned
      And the control plane is idle
      Then Pod "web" has spec.nodeName node-1

  Rule: A taint keeps out what does not tolerate it

    Scenario Outline: <effect>, and <toleration>
      Given a cluster of 1 node
      And node "node-1" is tainted "team=red:<effect>"
      And a Pod "web" with:
        """
        tolerations: [<toleration>]
        """
      When the control plane is idle
      Then Pod "web" has spec.nodeName <node>

      Examples:
        | effect           | toleration                                        | node   |
        | NoSchedule       |                                                   | null   |
        | NoExecute        |                                                   | null   |
        | PreferNoSchedule |                                                   | node-1 |
        | NoSchedule       | {key: team, value: red, effect: NoSchedule}       | node-1 |
        | NoSchedule       | {key: team, operator: Exists}                     | node-1 |
        | NoSchedule       | {operator: Exists}                                | node-1 |
        | NoSchedule       | {key: team, value: blue}                          | null   |
        | NoSchedule       | {key: team, value: red, effect: NoExecute}        | null   |

  Rule: Only a node with the labels asked for will do

    Background:
      Given a node "ssd" with:
        """
        labels: {disk: ssd, zone: a, cores: "8"}
        """
      And a node "hdd" with:
        """
        labels: {disk: hdd, zone: b, cores: "4"}
        """

    Example: By node selector
      Given a Pod "web" with:
        """
        nodeSelector: {disk: hdd}
        """
      When the control plane is idle
      Then Pod "web" has spec.nodeName hdd

    Example: No node has them
      Given a Pod "web" with:
        """
        nodeSelector: {disk: tape}
        """
      When the control plane is idle
      Then an Event FailedScheduling on Pod "web" says "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."

    Scenario Outline: By required affinity: <expression>
      Given a Pod "web" with:
        """
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms: [{matchExpressions: [<expression>]}]
        """
      When the control plane is idle
      Then Pod "web" has spec.nodeName <node>

      Examples:
        | expression                                       | node |
        | {key: disk, operator: In, values: [ssd, nvme]}   | ssd  |
        | {key: disk, operator: NotIn, values: [ssd]}      | hdd  |
        | {key: gpu, operator: Exists}                     | null |
        | {key: cores, operator: Gt, values: ["4"]}        | ssd  |
        | {key: cores, operator: Lt, values: ["8"]}        | hdd  |

    Example: By a node's name, as DaemonSets ask
      Given a Pod "web" with:
        """
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [hdd]}]}]
        """
      When the control plane is idle
      Then Pod "web" has spec.nodeName hdd

    Example: One of several terms is enough
      Given a Pod "web" with:
        """
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms:
                - {matchExpressions: [{key: zone, operator: In, values: [c]}]}
                - {matchExpressions: [{key: zone, operator: In, values: [b]}]}
        """
      When the control plane is idle
      Then Pod "web" has spec.nodeName hdd

  Rule: What is requested must fit beside what is there

    Scenario Outline: <resource>
      Given a node "one" with:
        """
        capacity: {cpu: "4", memory: 8Gi, pods: "110", ephemeral-storage: 10Gi, example.com/gpu: "2"}
        """
      And 2 Pods "fits-N" that request <half> <resource>
      And the control plane is idle
      And a Pod "late" that requests <half> <resource>
      When the control plane is idle
      Then there are 2 Pods where spec.nodeName is one
      And Pod "late" has no spec.nodeName
      And an Event FailedScheduling on Pod "late" contains "1 Insufficient <resource>"

      Examples:
        | resource          | half |
        | cpu               | 2    |
        | memory            | 4Gi  |
        | ephemeral-storage | 5Gi  |
        | example.com/gpu   | 1    |

    Example: An init container needs its share only for a while (the larger of both counts)
      Given a node "one" with:
        """
        capacity: {cpu: "4"}
        """
      And a Pod "web" with:
        """
        initContainers: [{name: prepare, image: busybox, resources: {requests: {cpu: "5"}}}]
        """
      When the control plane is idle
      Then an Event FailedScheduling on Pod "web" contains "1 Insufficient cpu"

    Example: The number of Pods is limited too
      Given a node "one" with:
        """
        capacity: {pods: "2"}
        """
      And a ReplicaSet "web" of 3 replicas
      When the control plane is idle
      Then there are 2 Pods where spec.nodeName is one
      And an Event FailedScheduling on Pod where status.phase is Pending contains "1 Too many pods"

    Example: A Pod that is over needs nothing
      Given a node "one" with:
        """
        capacity: {cpu: "4"}
        """
      And a Pod "job" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/exit-after: 10s}}
        restartPolicy: Never
        containers: [{name: main, image: busybox, resources: {requests: {cpu: "3"}}}]
        """
      And the control plane is idle
      And a Pod "next" that requests 3 cpu
      When the control plane is idle
      Then Pod "next" has no spec.nodeName
      And within 11 seconds Pod "next" has spec.nodeName one

  Rule: A host port is given once per node

    Example: Two Pods, two nodes; the third waits
      Given a cluster of 2 nodes
      And a ReplicaSet "proxy" of 3 replicas with:
        """
        template: {containers: [{name: main, image: nginx, ports: [{containerPort: 80, hostPort: 8080}]}]}
        """
      When the control plane is idle
      Then there is 1 Pod where spec.nodeName is node-1
      And there is 1 Pod where spec.nodeName is node-2
      And an Event FailedScheduling on Pod where status.phase is Pending says "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."

    Example: Another protocol or address is another port
      Given a cluster of 1 node
      And a Pod "tcp" with:
        """
        containers: [{name: main, image: nginx, ports: [{containerPort: 53, hostPort: 53}]}]
        """
      And a Pod "udp" with:
        """
        containers: [{name: main, image: nginx, ports: [{containerPort: 53, hostPort: 53, protocol: UDP}]}]
        """
      When the control plane is idle
      Then there are 2 Pods where spec.nodeName is node-1

Feature: A kubelet makes the Pods of its node real, and reports what became of them

  Background:
    Given a cluster of 2 nodes

  Rule: A Pod runs when all its containers do

    Example: From nothing to Running
      Given a Pod "web"
      When the control plane is idle
      Then Pod "web" has status.phase Running
      And condition Initialized of Pod "web" is True
      And condition ContainersReady of Pod "web" is True
      And condition Ready of Pod "web" is True
      And condition PodReadyToStartContainers of Pod "web" is True
      And Pod "web" has status.containerStatuses[name=main].restartCount 0
      And Pod "web" has some status.containerStatuses[name=main].state.running.startedAt
      And status.phase of Pod "web" is so because of rule "kubelet/report"
      And an Event Started on Pod "web" says "Started container main"

    Example: Until it is ready, it says so
      Given a Pod "web" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/start-delay: 5s, simulation.ruleplane.dev/ready-delay: 10s}}
        """
      When the control plane is idle
      Then Pod "web" has status.phase Pending
      And Pod "web" has status.containerStatuses[name=main].state.waiting.reason ContainerCreating
      And within 5 seconds Pod "web" has status.phase Running
      And condition Ready of Pod "web" is False with reason ContainersNotReady
      And for 9 seconds condition Ready of Pod "web" is False
      And within 2 seconds condition Ready of Pod "web" is True

  Rule: Every Pod has an address of its own, of its node's range

    Example: Many Pods on two nodes
      Given a ReplicaSet "web" of 20 replicas
      When the control plane is idle
      Then Pods have status.podIP each of their own
      And every Pod where spec.nodeName is node-1 has status.podIP beginning with "10.244."
      And every Pod has some status.hostIP

    Example: On the host's network it has the host's
      Given a Pod "proxy" with:
        """
        hostNetwork: true
        nodeName: node-1
        """
      When the control plane is idle
      Then Pod "proxy" has status.podIP 10.0.0.2
      And Pod "proxy" has status.hostIP 10.0.0.2

    Example: The address of a Pod that is gone may be given again
      Given a Pod "first" with:
        """
        nodeName: node-1
        """
      And the control plane is idle
      And Pod "first" has status.podIP 10.244.0.1
      When Pod "first" is deleted
      And the control plane is idle
      And a Pod "second" with:
        """
        nodeName: node-1
        """
      And the control plane is idle
      Then Pod "second" has status.podIP 10.244.0.1

  Rule: Init containers run one after another, before all others

    Background:
      Given a Pod "web" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/init-exit-after: 5s}}
        initContainers:
          - {name: fetch, image: busybox}
          - {name: unpack, image: busybox}
        """

    Example: The first, the second, then the Pod
      When the control plane is idle
      Then Pod "web" has status.phase Pending
      And condition Initialized of Pod "web" is False with reason ContainersNotInitialized
      And Pod "web" has some status.initContainerStatuses[name=fetch].state.running
      And Pod "web" has no status.initContainerStatuses[name=unpack].state.running
      And Pod "web" has status.containerStatuses[name=main].state.waiting.reason PodInitializing
      And within 6 seconds Pod "web" has some status.initContainerStatuses[name=unpack].state.running
      And Pod "web" has status.initContainerStatuses[name=fetch].state.terminated.exitCode 0
      And Pod "web" has status.initContainerStatuses[name=fetch].ready true
      And within 6 seconds Pod "web" has status.phase Running
      And condition Initialized of Pod "web" is True

    Example: One that fails is tried again, and holds up the rest
      Given a Pod "blocked" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/init-exit-code: "1"}}
        initContainers: [{name: fetch, image: busybox}]
        """
      When 25 seconds pass
      Then Pod "blocked" has status.phase Pending
      And Pod "blocked" has status.initContainerStatuses[name=fetch].restartCount 2
      And Pod "blocked" has no status.containerStatuses[name=main].state.running

    Example: One that fails in a Pod that is never restarted fails the Pod
      Given a Pod "failed" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/init-exit-code: "1"}}
        restartPolicy: Never
        initContainers: [{name: fetch, image: busybox}]
        """
      When the control plane is idle
      Then Pod "failed" has status.phase Failed

    Example: A sidecar goes on running beside the others
      Given a Pod "meshed" with:
        """
        initContainers:
          - {name: proxy, image: envoy, restartPolicy: Always}
          - {name: fetch, image: busybox}
        """
      When the control plane is idle
      Then Pod "meshed" has status.phase Running
      And Pod "meshed" has some status.initContainerStatuses[name=proxy].state.running
      And Pod "meshed" has status.initContainerStatuses[name=fetch].state.terminated.exitCode 0

  Rule: What has ended is started again as restartPolicy says

    Scenario Outline: <policy>, exit code <code>
      Given a Pod "job" with:
        """
        metadata:
          annotations: {simulation.ruleplane.dev/exit-after: 10s, simulation.ruleplane.dev/exit-code: "<code>"}
        restartPolicy: <policy>
        """
      When 12 seconds pass
      Then Pod "job" has status.phase <phase>
      And Pod "job" has status.containerStatuses[name=main].restartCount <restarts>

      Examples:
        | policy    | code | phase     | restarts |
        | Never     | 0    | Succeeded | 0        |
        | Never     | 3    | Failed    | 0        |
        | OnFailure | 0    | Succeeded | 0        |
        | OnFailure | 3    | Running   | 1        |
        | Always    | 0    | Running   | 1        |

    Example: A Pod that is over stays, and is ready for nothing
      Given a Pod "job" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/exit-after: 1s}}
        restartPolicy: Never
        """
      When 60 seconds pass
      Then Pod "job" has status.phase Succeeded
      And condition Ready of Pod "job" is False with reason PodCompleted
      And Pod "job" has status.containerStatuses[name=main].state.terminated.reason Completed

    Example: The delay doubles with every attempt (10 s, 20 s, 40 s …)
      Given a Pod "broken" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/exit-after: 0s, simulation.ruleplane.dev/exit-code: "1"}}
        """
      When the control plane is idle
      Then Pod "broken" has status.containerStatuses[name=main].restartCount 1
      And Pod "broken" has status.containerStatuses[name=main].state.waiting.reason CrashLoopBackOff
      And for 9 seconds Pod "broken" has status.containerStatuses[name=main].restartCount 1
      And within 2 seconds Pod "broken" has status.containerStatuses[name=main].restartCount 2
      And for 19 seconds Pod "broken" has status.containerStatuses[name=main].restartCount 2
      And within 2 seconds Pod "broken" has status.containerStatuses[name=main].restartCount 3
      And for 39 seconds Pod "broken" has status.containerStatuses[name=main].restartCount 3
      And within 2 seconds Pod "broken" has status.containerStatuses[name=main].restartCount 4
      And Pod "broken" has status.containerStatuses[name=main].lastState.terminated.exitCode 1

  Rule: A deleted Pod gets its grace period, and no more

    Example: It stops at once
      Given a Pod "web"
      And the control plane is idle
      When Pod "web" is deleted
      And the control plane is idle
      Then Pod "web" is gone
      And there are no Containers
      And there are no Sandboxes

    Example: It takes its time
      Given a Pod "slow" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/stop-delay: 12s}}
        """
      And the control plane is idle
      When Pod "slow" is deleted
      Then for 11 seconds Pod "slow" is being deleted
      And within 2 seconds Pod "slow" is gone

    Example: It takes too long
      Given a Pod "stuck" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/stop-delay: 1h}}
        """
      And the control plane is idle
      When Pod "stuck" is deleted with grace 5
      Then for 4 seconds Pod "stuck" exists
      And within 2 seconds Pod "stuck" is gone

    Example: By force it is gone at once, and its containers are cleared away
      Given a Pod "stuck" with:
        """
        metadata: {annotations: {simulation.ruleplane.dev/stop-delay: 1h}}
        """
      And the control plane is idle
      When Pod "stuck" is deleted with grace 0
      Then Pod "stuck" is gone
      When the control plane is idle
      Then there are no Containers
      And there are no Sandboxes

    Example: A Pod that was never scheduled goes at once
      Given a Pod "huge" that requests 99 cpu
      And the control plane is idle
      When Pod "huge" is deleted
      Then Pod "huge" is gone

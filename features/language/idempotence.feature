Feature: Reconciling what is already so writes nothing

  Example: All rule sets, at rest
    Given a cluster of 3 nodes
    And a ReplicaSet "web" of 5 replicas with:
      """
      minReadySeconds: 5
      """
    And a Pod "huge" that requests 99 cpu
    And a Pod "broken" with:
      """
      metadata: {annotations: {simulation.ruleplane.dev/exit-after: 1s, simulation.ruleplane.dev/exit-code: "1"}}
      """
    And a Pod "done" with:
      """
      metadata: {annotations: {simulation.ruleplane.dev/exit-after: 1s}}
      restartPolicy: Never
      """
    And 33 seconds pass
    When everything is reconciled again
    Then nothing was written
    And no rule has failed

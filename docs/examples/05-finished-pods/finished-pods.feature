Feature: A Pod that has finished is deleted when its time to live is over

  Background:
    Given a cluster of 1 node

  Example: Ten minutes after its end it goes, and not before
    Given a Pod "job" with:
      """
      restartPolicy: Never
      metadata: {annotations: {simulation.ruleplane.dev/exit-after: 60s}}
      """
    Then within 2 minutes Pod "job" has status.phase Succeeded
    And for 9 minutes Pod "job" has status.phase Succeeded
    And within 70 seconds there are no Pods

  Example: One that failed goes in the same way
    Given a Pod "broken" with:
      """
      restartPolicy: Never
      metadata: {annotations: {simulation.ruleplane.dev/exit-after: 1s, simulation.ruleplane.dev/exit-code: "1"}}
      """
    Then within 5 seconds Pod "broken" has status.phase Failed
    And within 11 minutes there are no Pods

  Example: A Pod that runs stays, however old it is
    Given a Pod "web"
    When 5 hours pass
    Then Pod "web" has status.phase Running

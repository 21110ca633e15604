Feature: A Website is a page in a ConfigMap, a Deployment that serves it, and a Service before it

  Background:
    Given a cluster
    And the manifest:
      """
      apiVersion: examples.ruleplane.dev/v1
      kind: Website
      metadata: {name: blog}
      spec: {title: Hello}
      """
    When the control plane is idle

  Example: All parts are there
    Then ConfigMap "blog" has data[index.html] "<h1>Hello</h1>"
    And Deployment "blog" has spec.replicas 2
    And Service "blog" has spec.selector {website: blog}
    And Deployment "blog" exists because of rule "website/serve"

  Example: It is ready when its Deployment is
    Then condition Ready of Website "blog" is False with reason Waiting
    When the status of Deployment "blog" is patched:
      """
      status: {readyReplicas: 2}
      """
    And the control plane is idle
    Then condition Ready of Website "blog" is True with reason AllReady and message "2 of 2 are ready"

  Example: Another title is another page, and other Pods
    When spec.title of Website "blog" is set to Bye
    And the control plane is idle
    Then ConfigMap "blog" has data[index.html] "<h1>Bye</h1>"
    And rule "website/serve" fired 2 times on Website "blog"

  Example: What somebody takes away or bends comes back
    When Service "blog" is deleted
    And data of ConfigMap "blog" is removed
    And the control plane is idle
    Then Service "blog" has spec.selector {website: blog}
    And ConfigMap "blog" has data[index.html] "<h1>Hello</h1>"

  Example: All of it goes with the Website
    When Website "blog" is deleted
    And the control plane is idle
    Then there are no Deployments
    And there is no Service "blog"
    And there is no ConfigMap "blog"

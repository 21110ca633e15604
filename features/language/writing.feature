Feature: What rules write: fields of an object or of its subresource, a call, a deletion

  Background:
    Given a cluster without bundled rules

  Rule: `apply` says which fields of which object have which values

    Background:
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: clerk}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'writes' in c.data"}}
          watch:
            target: {kind: v1/Namespace, name: c.data.writes}
            pod: {kind: v1/Pod, name: c.data.writes}
          rules:
            - name: main
              doc: The object's own fields.
              apply: {to: "${target}", metadata: {labels: {said: "${c.data.?says}"}, annotations: {once: null}}}
            - name: part
              doc: Fields of its status.
              apply: {to: "${target}", subresource: status, status: {phase: "${c.data.?phase}"}}
            - name: folded
              doc: A ConfigMap has no status that could be written apart, so that this goes with the object itself.
              apply: {to: "${c}", subresource: status, data: {folded: "yes"}}
            - name: container
              doc: Lists are merged by the keys of their elements.
              apply: {to: "${pod}", spec: {containers: [{name: side, image: "example.com/${c.data.?image.orValue('new')}"}]}}
        """
      And the manifests:
        """
        {apiVersion: v1, kind: Namespace, metadata: {name: hall, annotations: {once: here, other: stays}}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: hall}
        spec: {containers: [{name: main, image: example.com/main}, {name: side, image: example.com/old}]}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: note}, data: {writes: hall, says: hello, phase: Terminating}}
        """

    Example: Fields, a subresource, an element of a list; null removes
      When the control plane is idle
      Then Namespace "hall" has metadata.labels.said hello
      And Namespace "hall" has no metadata.annotations.once
      And Namespace "hall" has metadata.annotations.other stays
      And Namespace "hall" has status.phase Terminating
      And ConfigMap "note" has data.folded "yes"
      And Pod "hall" has spec.containers[name=side].image example.com/new
      And Pod "hall" has spec.containers[name=main].image example.com/main
      And Pod "hall" has 2 entries in spec.containers

    Example: What others change is set right again
      Given the control plane is idle
      When Namespace "hall" is labelled anew "said=nonsense"
      And the control plane is idle
      Then Namespace "hall" has metadata.labels.said hello
      When status.phase of Namespace "hall" is set to Active
      And the control plane is idle
      Then Namespace "hall" has status.phase Terminating

    Example: Nothing happens where there is no such object, and what is absent is left as it is
      Given the control plane is idle
      When data.writes of ConfigMap "note" is set to attic
      And the control plane is idle
      Then no rule has failed
      And ConfigMap "note" has no metadata.labels
      When data.says of ConfigMap "note" is removed
      And data.writes of ConfigMap "note" is set to hall
      And the control plane is idle
      Then Namespace "hall" has metadata.labels.said hello

    Example: Another of the same name, made since, is not taken for it
      Given the control plane is idle
      And the cache of Pod stands still
      And Pod "hall" is deleted with grace 0
      And the manifest:
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: hall}
        spec: {containers: [{name: side, image: example.com/mine}]}
        """
      When data.image of ConfigMap "note" is set to newer
      And the control plane is idle
      Then Pod "hall" has spec.containers[name=side].image example.com/mine
      When the cache of Pod catches up
      And 1 second passes
      Then Pod "hall" has spec.containers[name=side].image example.com/newer

  Rule: `each` fires once per element, and a condition that reads the element is asked for each

    Example: Those that are asked for are marked, and `when` undoes nothing
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: marker}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'marks' in c.data"}}
          watch: {rooms: {kind: v1/Namespace}}
          rules:
            - name: mark
              doc: The rooms that the ConfigMap names are marked.
              each: {r: rooms}
              when: r.metadata.name in c.data.marks.split(',')
              apply: {to: "${r}", metadata: {labels: {marked: "yes"}}}
        """
      And the manifests:
        """
        {apiVersion: v1, kind: Namespace, metadata: {name: hall}}
        ---
        {apiVersion: v1, kind: Namespace, metadata: {name: attic}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: list}, data: {marks: "hall"}}
        """
      When the control plane is idle
      Then Namespace "hall" has metadata.labels.marked "yes"
      And Namespace "attic" has no metadata.labels.marked
      When data.marks of ConfigMap "list" is set to attic
      And the control plane is idle
      Then Namespace "hall" has metadata.labels.marked "yes"
      And Namespace "attic" has metadata.labels.marked "yes"

  Rule: `post` is a call to a subresource

    Example: A Pod is bound
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: binder}
        spec:
          component: test
          for: {pod: {kind: v1/Pod}}
          rules:
            - name: bind
              doc: A Pod goes where its label says.
              when: "!has(pod.spec.nodeName) && 'node' in pod.metadata.?labels.orValue({})"
              post: {to: "${pod}", subresource: binding, body: {target: {kind: Node, name: "${pod.metadata.labels.node}"}}}
              event: {reason: Bound, message: "to ${pod.metadata.labels.node}"}
        """
      And the manifest:
        """
        {apiVersion: v1, kind: Pod, metadata: {name: web, labels: {node: n1}}, spec: {containers: [{name: c, image: i}]}}
        """
      When the control plane is idle
      Then Pod "web" has spec.nodeName n1
      And spec.nodeName of Pod "web" is so because of rule "binder/bind"
      And an Event Bound on Pod "web" says "to n1"
      And Event Bound was told 1 time on Pod "web"

  Rule: `delete` is of the object that was seen, with the grace and the propagation that are said

    Background:
      Given the rules:
        """
        apiVersion: ruleplane.dev/v1
        kind: RuleSet
        metadata: {name: sweeper}
        spec:
          component: test
          for: {c: {kind: v1/ConfigMap, where: "has(c.data) && 'sweeps' in c.data"}}
          watch:
            swept: {kind: v1/Pod, labels: {room: "${c.data.sweeps}"}}
          rules:
            - name: sweep
              doc: What is in the room is deleted.
              delete: {objects: swept, grace: int(c.data.grace), propagation: "${c.data.how}"}
              event: {deleted: "${object.metadata.name} is swept out"}
        """
      And the manifests:
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: dust, labels: {room: hall}}
        spec: {nodeName: n1, containers: [{name: c, image: i}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: chair, labels: {room: attic}}
        spec: {nodeName: n1, containers: [{name: c, image: i}]}
        """

    Example: Grace, then less of it, and no more
      Given the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: broom}, data: {sweeps: hall, grace: "30", how: Background}}
        """
      When the control plane is idle
      Then Pod "dust" has metadata.deletionGracePeriodSeconds 30
      And Pod "chair" has no metadata.deletionTimestamp
      And an Event SuccessfulDelete on ConfigMap "broom" says "dust is swept out"
      When data.grace of ConfigMap "broom" is set to "60"
      And the control plane is idle
      Then Pod "dust" has metadata.deletionGracePeriodSeconds 30
      And rule "sweep" fired 1 time
      When data.grace of ConfigMap "broom" is set to "5"
      And the control plane is idle
      Then Pod "dust" has metadata.deletionGracePeriodSeconds 5

    Example: In the foreground it waits for its dependents
      Given the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: broom}, data: {sweeps: hall, grace: "0", how: Foreground}}
        """
      When the control plane is idle
      Then Pod "dust" has metadata.finalizers [foregroundDeletion]

    Example: Another of the same name, made since, is left alone
      Given the manifest:
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: broom}, data: {sweeps: nothing, grace: "0", how: Background}}
        """
      And the control plane is idle
      And the cache of Pod stands still
      And Pod "dust" is deleted with grace 0
      And the manifest:
        """
        {apiVersion: v1, kind: Pod, metadata: {name: dust, labels: {room: cellar}}, spec: {containers: [{name: c, image: i}]}}
        """
      When data.sweeps of ConfigMap "broom" is set to hall
      And the control plane is idle
      Then Pod "dust" has metadata.labels.room cellar
      When the cache of Pod catches up
      And the control plane is idle
      Then Pod "dust" has metadata.labels.room cellar
      And Pod "dust" has no metadata.deletionTimestamp

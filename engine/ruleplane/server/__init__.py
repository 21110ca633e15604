"""The HTTP edge: translates between Kubernetes' wire format and the verbs of :mod:`ruleplane.api`; holds no logic.

The way of one request: ``serve`` (sockets, TLS) -> ``app`` (who asks, which path) -> ``authn`` -> ``authz`` ->
``resources`` (verbs on objects) or ``nonresources`` (health, version, discovery) -> ``respond`` (bytes in the form
that the client accepts).

- ``paths`` ``query`` ``negotiate`` ``bodies`` ``protobuf``: what was asked.
- ``respond`` ``streams``: objects, lists, tables, errors; watches.
- ``pki`` ``kubeconfig`` ``tokens`` ``authn`` ``authz`` ``reviews``: who may do what.
- ``discovery`` ``openapi`` ``table``: what is served, as values.
"""

"""ruleplane: a Kubernetes-compatible control plane whose controllers are declarative rules.

The rooms, from the ground up (docs/architecture.md tells what each may import):

- ``errors``, ``clock``   what may go wrong, and what time it is
- ``model``               shapes: kinds, rule files, trace records
- ``store``               versioned objects: get, list, txn, watch, compact
- ``lang``                the rule language: CEL, rule files, compiled programs
- ``api``                 the Kubernetes verbs over a store
- ``matcher``             watch event -> keys to reconcile
- ``trace``               the firings, and *why*
- ``reconcile``           the loop: READ FIRST ``reconcile/loop.py``
- ``node``                node agents and runtimes
- ``client``              the same verbs against a remote API server
- ``specs``               Gherkin on virtual time
- ``server``              the HTTP edge
- ``controlplane``        the only place that wires everything
- ``runner``              rule sets of files against another cluster
- ``cli``                 one module per command
"""

__version__ = "0.1.0"

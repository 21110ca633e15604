"""The same verbs against a remote API server: ours or any Kubernetes.

From the wire up: ``credentials`` (who we are), ``connection`` (requests, refusals, rate), ``discovery`` and ``types``
(which kinds there are, and their fields), ``verbs`` (what the loop writes through; ``translate`` turns patches into
what a server takes), ``reflector`` (what the loop's cache is fed from), ``election`` (one of several runs writes).
Knows no loop: :mod:`ruleplane.runner` wires both.
"""

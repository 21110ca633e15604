"""Behaviour specs: ``.feature`` files against a whole cluster on virtual time.

virtual.py     the cluster of one scenario: apply, settle, advance, look
faults.py      what goes wrong between the rules and the API
selection.py   "Pods owned by ReplicaSet "web" where status.phase is Running" -> objects
claims.py      sentences that hold or do not; told at once, within, always, never, until
report.py      what a failed claim shows
plugin.py      the pytest plugin: collects features, ships steps/*.py
"""

"""The Kubernetes verbs over a store: ``verbs.py`` is the door, one file per verb or noun."""

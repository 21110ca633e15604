"""The same verbs against a remote API server."""

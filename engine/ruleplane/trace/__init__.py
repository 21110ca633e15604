"""The firings, and *why*: what a control plane did is recorded, searched, and walked back to the request that began it.

- ``recorder``   the one door for writers: the loop's firings, and clients' writes by way of ``requests``
- ``log``        where records lie: the interface, and a ring in memory; ``sqlite`` keeps them beside the data
- ``paths``      which fields a write changed
- ``query``      records by object, rule, time; ``why`` the chain of causes of a field
- ``names``      ``pod/web-1.spec.nodeName`` as people type it
- ``render``     text for people; ``service`` the same as JSON for the HTTP edge and the command line
"""

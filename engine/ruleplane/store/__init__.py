"""The versioned store.

# Map of this room
- base: the interface, the values, the promises
- memory: the store in memory; bucket: keys in order; log: events and the cursors that follow them
- sqlite: the same store with a journal on disk; restore: from the journal back into memory
- journal: the file and its format; lock: one process per data directory
- commit: when the journal is committed, inside an event loop
"""

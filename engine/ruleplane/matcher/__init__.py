"""From watch event to keys: static clauses on durable-rules, relation indexes, steps kept by delta."""

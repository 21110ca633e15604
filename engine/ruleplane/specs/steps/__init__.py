"""Steps by noun, shipped by ``specs.plugin``; each module is a pytest plugin of its own."""

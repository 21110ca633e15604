"""The rule language: from a YAML file to a program. ``build.py`` shows the order, ``load.py`` is the door."""

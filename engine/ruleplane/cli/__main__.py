"""``python -m ruleplane.cli`` is ``ruleplane``."""

from ruleplane.cli import main

main()

"""The loop that makes it so, and its parts. READ FIRST: ``loop.py``."""

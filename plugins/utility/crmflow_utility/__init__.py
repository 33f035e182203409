"""What does the utility pack bring to power utilities? Everything in this folder; hooks.py registers it."""

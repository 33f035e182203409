"""What does the fuel pack bring to fuel stations? Everything in this folder; hooks.py registers it."""

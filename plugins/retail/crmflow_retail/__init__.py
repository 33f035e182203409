"""What does the retail pack bring to supermarkets? Everything in this folder; hooks.py registers it."""

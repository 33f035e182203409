"""What does the insurance pack bring to life insurers? Everything in this folder; hooks.py registers it."""

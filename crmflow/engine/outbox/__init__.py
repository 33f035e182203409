"""How do messages leave the house? Cleared, handed to a relay outside any transaction, and recorded."""

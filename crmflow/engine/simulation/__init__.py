"""What would other rules have done? The stored past, replayed under old and new rules; nothing is written."""

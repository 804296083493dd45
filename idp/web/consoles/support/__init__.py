"""The console of the assistance team: find an account, read its story, act on it."""

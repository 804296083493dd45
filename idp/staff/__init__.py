"""The people behind the counter: their accounts, second factors, invitations, sessions, and how far each may see."""

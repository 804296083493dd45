"""Who logs in: accounts, passwords, sessions."""

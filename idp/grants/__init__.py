"""What an account gave a client: consents, codes, tokens."""

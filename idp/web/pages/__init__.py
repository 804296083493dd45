"""What a parent sees, one module a journey."""

"""OpenID endpoints, one module each."""

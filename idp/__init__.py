"""OpenID Connect identity provider for the parents of school children."""

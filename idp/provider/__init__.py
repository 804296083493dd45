"""The OpenID protocol joined to our records."""

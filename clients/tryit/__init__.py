"""«Essayer la connexion»: a login step by step, with its tokens, for who connects a service."""

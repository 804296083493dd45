"""Login by an identity provider upstream: FranceConnect, or another OpenID provider by configuration alone.

An upstream proves who somebody is; it never proves which responsable that is (`flows/franceconnect.py`).
"""

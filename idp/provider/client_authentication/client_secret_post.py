"""`client_secret_post`: identifier and secret in the form (RFC 6749 §2.3.1)."""

from idp.provider.client_authentication.client_secret_basic import verify_secret
from idp.provider.client_authentication.method import Method, Way

METHOD = Method(Way.FORM, verify_secret)

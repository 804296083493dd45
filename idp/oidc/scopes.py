"""Scopes and the claims that each one releases (OpenID Connect Core §5.4; `eleves` is ours)."""

SCOPES = ("openid", "profile", "email", "phone", "address", "eleves", "offline_access")

CLAIMS: dict[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "preferred_username",
        "updated_at",
        "gender",
        "civility",
        "previous_login_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
    "eleves": ("eleves",),
}

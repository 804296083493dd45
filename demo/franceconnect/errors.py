"""Refusals: a page with a Y code, an answer to the service by redirect, or JSON at the token endpoint."""

CODES = {
    "Y030007": "Les paramètres de la demande ne sont pas acceptés.",
    "Y04EA6EF": "Le service est inconnu, ou n’est pas actif.",
    "Y04C013C": "L’adresse de retour du service n’est pas enregistrée.",
    "Y190001": "Votre session a expiré.",
    "Y010008": "Votre identité n’a pas été trouvée au registre d’état civil.",
    "Y010015": "Cette identité est celle d’une personne décédée.",
    "Y600006": "Le fournisseur d’identité a envoyé des données incomplètes.",
    "Y100001": "Le niveau de garantie demandé est inconnu.",
    "Y100009": "Le service ne peut pas demander la méthode d’authentification.",
    "Y100019": "Vous n’avez pas de session en cours.",
    "Y0400400": "L’adresse de retour de la déconnexion n’est pas acceptée.",
}


class PageError(Exception):
    """A 400 page with a code; nothing goes back to the service, unless the person asks for it."""

    def __init__(self, code: str, *, interaction_id: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.interaction_id = interaction_id
        """Of the request that «Revenir sur le service» ends with server_error."""


class RedirectError(Exception):
    """Told to the service."""

    def __init__(self, redirect_uri: str, state: str, error: str, description: str) -> None:
        super().__init__(error)
        self.redirect_uri = redirect_uri
        self.state = state
        self.error = error
        self.description = description


class JsonError(Exception):
    """Told in JSON; `code` goes into error_uri."""

    def __init__(self, error: str, detail: str, code: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.detail = detail
        self.code = code
        self.status = status

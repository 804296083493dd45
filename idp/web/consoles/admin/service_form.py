"""The form of a service: it reads and shows; what a member may hold is asked in `idp.services` alone."""

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField

from idp.registry.academies import ACADEMIES
from idp.services.members import LONGEST_DESCRIPTION, LONGEST_TITLE
from idp.services.pictures import LOGO, USUAL
from idp.web.consoles.admin.form import Boxes, Line, stripped

PICTURES = {
    "book": _("Livre"),
    "pencil": _("Crayon"),
    "calendar": _("Calendrier"),
    "letter": _("Enveloppe"),
    "fork": _("Couverts"),
    "bus": _("Car"),
    "compass": _("Boussole"),
    USUAL: _("Dossier"),
    LOGO: _("Le logo de l’application"),
}
TEXTS = ("title", "title_en", "description", "description_en", "picture", "client_id", "target_link_uri", "link")
DEGREES = {"1": _("Écoles"), "2": _("Collèges et lycées")}
MESSAGES = {
    "service_id": _("De 1 à 40 lettres minuscules sans accent, chiffres ou tirets."),
    "title": _("Il faut un titre, de 80 caractères au plus."),
    "title_en": _("80 caractères au plus."),
    "description": _("160 caractères au plus."),
    "description_en": _("160 caractères au plus."),
    "picture": _("Nous n’avons pas de logo de cette application. Choisissez une image."),
    "client_id": _("Choisissez une application, ou écrivez une adresse : l’une des deux."),
    "link": _("Écrivez une adresse complète, qui commence par https://."),
    "target_link_uri": _("Écrivez une adresse complète, en https, pour une application seulement."),
    "names_child": _("Écrivez aussi la page où arriver."),
    "degrees": _("Choisissez dans la liste."),
    "academies": _("Choisissez dans la liste."),
    "uais": _("Écrivez des numéros UAI, un par ligne, sans choisir de genre ni d’académie."),
}


class Schools(TextAreaField):
    """UAI numbers, one a line."""

    data: Any

    def _value(self) -> str:
        return "\n".join(map(str, self.data or ()))

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = "".join(valuelist).upper().split()


def _text(label: Any, longest: int, **words: Any) -> StringField:
    return StringField(label, filters=[stripped], render_kw={"maxlength": longest}, **words)


class ServiceForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """What is sent, or a document that is shown; the defaults are a new service's."""

    class Meta:
        # The guard of the consoles checks each form's token before a view runs (`idp.web.consoles.session`).
        csrf = False

    service_id = _text(_("Identifiant"), 40, description=_("Lettres minuscules, chiffres, tirets. Il ne change plus."))
    title = _text(_("Titre montré aux parents"), LONGEST_TITLE)
    title_en = _text(_("Titre en anglais"), LONGEST_TITLE, description=_("Laissez vide pour montrer le français."))
    description = _text(_("Une phrase sous le titre"), LONGEST_DESCRIPTION)
    description_en = _text(_("La même en anglais"), LONGEST_DESCRIPTION)
    picture = SelectField(_("Image"), choices=list(PICTURES.items()), default=USUAL)
    client_id = SelectField(
        _("Application que la tuile ouvre"),
        description=_("Celles qui ont une adresse pour commencer une connexion (initiate_login_uri)."),
    )
    target_link_uri = Line(
        _("Page de l’application où arriver"), description=_("Laissez vide : l’application choisit.")
    )
    names_child = BooleanField(_("Dire à l’application de quel enfant est la tuile"))
    link = Line(_("Ou une adresse, sans application"), description=_("En https. Le parent n’y est pas connecté."))
    degrees = Boxes(_("Genre d’établissement"), DEGREES, ())
    academies = Boxes(_("Académies"), {name: name for name in ACADEMIES}, ())
    uais = Schools(
        _("Ou une liste d’établissements (UAI)"),
        description=_("Un par ligne. Sans genre, académie ni liste : tous les établissements."),
        render_kw={"rows": 3, "spellcheck": "false"},
    )
    on = BooleanField(_("Montrer aux parents"), default=True)

    @classmethod
    def showing(cls, document: Mapping[str, Any]) -> "ServiceForm":
        """The form of what the document holds."""
        shown = {_field(name): value for name, value in document.items() if value is not None}
        if "degrees" in shown:
            shown["degrees"] = [str(degree) for degree in shown["degrees"]]
        return cls(formdata=None, data=shown)

    def patch(self) -> dict[str, Any]:
        """What was sent, as a document."""
        said = {field.name.replace("_en", "#en"): field.data or "" for field in self if field.name in TEXTS}
        said |= {name: self[name].data for name in ("names_child", "on", "academies", "uais")}
        return {**said, "degrees": [int(one) if one in DEGREES else one for one in self.degrees.data or ()]}


def by_field(problems: Collection[str]) -> list[tuple[str, str, str]]:
    """Problems for the summary and their fields, one each: (id, name, message)."""
    names = dict.fromkeys(_field(problem.partition(": ")[0]) for problem in problems)
    several = ("degrees", "academies")
    return [(f"{name}-0" if name in several else name, name, str(MESSAGES.get(name, name))) for name in names]


def _field(member: str) -> str:
    return member.replace("#en", "_en")

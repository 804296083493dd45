"""What is wrong in a school's file: one value for each finding, told to the person who sent the file."""

import enum

from msgspec import Struct

SHOWN_VALUE_LENGTH = 60
SHOWN_HEADER_LENGTH = 500
"""A header that was not understood is shown whole: the reader must see what was found."""


class Severity(enum.StrEnum):
    """What a defect does to the import."""

    REFUSE = "refuse"
    """Nothing of the file is imported."""
    SKIP = "skip"
    """The line or the link is left out."""
    WARN = "warn"
    """Imported, and shown."""


_REFUSE, _SKIP, _WARN = Severity.REFUSE, Severity.SKIP, Severity.WARN
CATALOGUE: dict[str, tuple[Severity, str]] = {
    "file_empty": (_REFUSE, "Le fichier est vide : refaites l’export."),
    "file_too_large": (_REFUSE, "Le fichier dépasse la taille admise : importez une école à la fois."),
    "file_type_unknown": (_REFUSE, "Ce n’est ni un CSV d’ONDE ni un XML de SIECLE : envoyez l’export sans l’ouvrir."),
    "file_nothing_read": (_REFUSE, "Aucune fiche n’a pu être lue, à commencer par celle-ci : refaites l’export."),
    "encoding_invalid": (_REFUSE, "L’encodage n’est pas celui de l’export : renvoyez le fichier d’origine."),
    "archive_many_files": (_REFUSE, "L’archive doit contenir un seul fichier XML."),
    "archive_unsafe_path": (_REFUSE, "Le nom du fichier dans l’archive est dangereux : refaites l’export."),
    "archive_ratio": (_REFUSE, "L’archive se décompresse démesurément : refaites l’export."),
    "archive_encrypted": (_REFUSE, "L’archive est protégée par un mot de passe : retirez-le."),
    "csv_separator": (_REFUSE, "Les colonnes doivent être séparées par des points-virgules."),
    "csv_header_unknown": (_REFUSE, "La première ligne n’est pas celle d’un export d’élèves ou de responsables."),
    "csv_header_missing": (_REFUSE, "Une colonne obligatoire manque : ajoutez-la à l’extraction."),
    "csv_header_duplicate": (_REFUSE, "Une colonne obligatoire est présente deux fois."),
    "csv_no_rows": (_REFUSE, "Le fichier n’a que son en-tête : refaites l’export."),
    "csv_quote_unclosed": (_REFUSE, "Un guillemet ouvert n’est pas fermé."),
    "csv_control_char": (_REFUSE, "Un caractère de contrôle est présent : renvoyez le fichier d’origine."),
    "csv_too_many_fields": (_SKIP, "La ligne a plus de champs que l’en-tête : un point-virgule est en trop."),
    "row_name_missing": (_SKIP, "Complétez le nom dans l’application d’origine."),
    "row_date_invalid": (_SKIP, "Ce jour n’existe pas : corrigez la date de naissance."),
    "row_date_implausible": (_SKIP, "Un élève de cet âge est impossible : corrigez la date de naissance."),
    "row_duplicate_ine": (_SKIP, "Deux élèves ont le même INE : corrigez l’un des deux."),
    "row_ine_taken": (_WARN, "Cet INE est celui d’un autre élève, ici ou ailleurs : l’élève est lu sans lui."),
    "row_duplicate_pupil": (_WARN, "Le même élève figure deux fois : il est lu une seule fois."),
    "row_duplicate_responsable": (_WARN, "Le même responsable figure deux fois : la première ligne est gardée."),
    "row_child_unknown": (_SKIP, "Aucun élève de l’école ne porte ce nom : le lien n’est pas fait."),
    "row_child_ambiguous": (_SKIP, "Plusieurs élèves portent ce nom : choisissez lequel."),
    "row_formula": (_SKIP, "La cellule commence comme une formule de tableur : corrigez-la."),
    "row_phone_unusable": (_WARN, "Ce n’est pas un numéro de téléphone unique : aucun SMS ne peut être envoyé."),
    "row_email_invalid": (_WARN, "Cette adresse électronique est inutilisable."),
    "xml_malformed": (_REFUSE, "Le XML est incomplet ou modifié : refaites l’export."),
    "xml_root": (_REFUSE, "Ce n’est pas un export d’élèves ou de responsables."),
    "xml_doctype": (_REFUSE, "Un export de SIECLE n’a pas de déclaration de type : refaites l’export."),
    "xml_id_missing": (_REFUSE, "Un identifiant manque : refaites l’export."),
    "xml_id_duplicate": (_REFUSE, "Deux fiches portent le même identifiant : refaites l’export."),
    "xml_school_mismatch": (_REFUSE, "Le fichier est celui d’un autre établissement."),
    "xml_year_mismatch": (_REFUSE, "Le fichier est celui d’une autre année scolaire."),
    "xml_link_person_unknown": (_SKIP, "Le lien désigne une personne absente du fichier."),
    "xml_link_pupil_unknown": (_SKIP, "Le lien désigne un élève absent du fichier des élèves."),
    "school_invalid": (_REFUSE, "Il faut un UAI exact, un nom, et 1 ou 2 pour le degré ; les textes ont une limite."),
    "xml_level_unknown": (_SKIP, "Le niveau de responsabilité doit être 1, 2 ou 3."),
}
"""Each code with its severity and what the reader of the message should do."""


class Defect(Struct, frozen=True, array_like=True):
    """One finding. `line` is the physical line, the header being 1; in XML, the line of the element."""

    code: str
    file: str
    line: int | None = None
    first_line: int | None = None
    """For a duplicate: where the first one is."""
    column: str = ""
    element: str = ""
    value: str = ""
    entry: str = ""
    """The file inside an archive."""

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code][0]

    @property
    def advice(self) -> str:
        """What to do, in the words of the school's staff."""
        return CATALOGUE[self.code][1]

    @property
    def shown_value(self) -> str:
        """The value cut short, its unprintable characters escaped."""
        longest = SHOWN_HEADER_LENGTH if self.code.startswith("csv_header") else SHOWN_VALUE_LENGTH
        short = self.value if len(self.value) <= longest else self.value[:longest] + "…"
        return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in short)

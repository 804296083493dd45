"""The responsables' export of SIECLE (BEE_RESPONSABLES)."""

from lxml import etree

from idp.registry import cells
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.records import KeyedLink, PersonRow
from idp.registry.siecle_elements import check_doubles, checked_key, has_names, key_of, line_of, text_of
from idp.registry.staging import Staging, pack, unpack

_CONTACT = 3
_LONGEST_KIND = 4
_TRUE = ("1", "true")
_PHONES = (("mobile", "TEL_PORTABLE"), ("home", "TEL_PERSONNEL"), ("work", "TEL_PROFESSIONNEL"))


class Reader:
    """Takes PERSONNE, RESPONSABLE_ELEVE and ADRESSE elements, in whatever order."""

    def __init__(self, file: str, number: int, staging: Staging) -> None:
        self.file = file
        self.number = number
        self.staging = staging
        self._is_empty = True

    def take(self, element: etree._Element) -> None:
        if element.tag == "PERSONNE":
            self._take_person(element)
        elif element.tag == "RESPONSABLE_ELEVE":
            self._take_link(element)
        elif element.tag == "ADRESSE":
            self._take_address(element)

    def finish(self, school_year: int) -> None:
        """Raises FileRefused when there is no person: it must not be read as «everybody has left»."""
        if self._is_empty:
            raise FileRefused(Defect("xml_malformed", self.file, element="PERSONNES"))
        check_doubles(self.staging, "person", self.number, self.file, "PERSONNE/@PERSONNE_ID")
        self._leave_out_orphans()

    def _take_person(self, element: etree._Element) -> None:
        key = checked_key(element, "PERSONNE_ID", self.file)
        self._is_empty = False
        self.staging.insert("seen", self.number, "person", key, element.sourceline or 0)
        if has_names(element, ("NOM_DE_FAMILLE",), self._report):
            self.staging.add_person(self.number, self._person(element, key), text_of(element, "ADRESSE_ID"))
        else:
            self.staging.spare(self.number, "person", key=key)

    def _person(self, element: etree._Element, key: str) -> PersonRow:
        civility, first_name = text_of(element, "LC_CIVILITE"), text_of(element, "PRENOM")
        phones_raw = {role: text for role, tag in _PHONES if (text := text_of(element, tag))}
        return PersonRow(
            line=element.sourceline or 0,
            family_name=text_of(element, "NOM_DE_FAMILLE", "NOM"),
            usage_name=text_of(element, "NOM_USAGE"),
            first_name=first_name,
            civility=cells.read_civility(civility),
            school_key=key,
            is_organisation=not civility and not first_name,
            mobile=self._mobile(element, phones_raw),
            phones_raw=phones_raw,
            accepts_sms=text_of(element, "ACCEPTE_SMS") != "0",
            email=self._email(element),
        )

    def _mobile(self, element: etree._Element, phones_raw: dict[str, str]) -> str | None:
        mobile = phones_raw.get("mobile", "")
        if cells.is_unusable_phone(mobile):
            self._report("row_phone_unusable", line_of(element, "TEL_PORTABLE"), "TEL_PORTABLE", mobile)
        return cells.choose_mobile(mobile, phones_raw.get("home", ""))

    def _email(self, element: etree._Element) -> str:
        email = text_of(element, "MEL")
        if email and not cells.is_email(email):
            self._report("row_email_invalid", line_of(element, "MEL"), "MEL", email)
            return ""
        return email

    def _take_link(self, element: etree._Element) -> None:
        person_key, pupil_key = text_of(element, "PERSONNE_ID"), text_of(element, "ELEVE_ID")
        level = _level(element)
        if level is None:
            tags = ("NIVEAU_RESPONSABILITE", "RESP_LEGAL")
            self._report("xml_level_unknown", line_of(element, *tags), tags[0], text_of(element, *tags))
            return
        link = KeyedLink(
            line=element.sourceline or 0,
            pupil_key=pupil_key,
            person_key=person_key,
            legal_level=level,
            kind=text_of(element, "CODE_PARENTE")[:_LONGEST_KIND],
            is_first_contact=text_of(element, "A_CONTACTER_EN_PRIORITE", "PERS_CONTACT").lower() in _TRUE,
            pupil_line=line_of(element, "ELEVE_ID") or 0,
            person_line=line_of(element, "PERSONNE_ID") or 0,
        )
        self.staging.add_link(self.number, link)

    def _take_address(self, element: etree._Element) -> None:
        lines = (text_of(element, f"LIGNE{number}_ADRESSE") for number in range(1, 5))
        address = {
            "lines": "\n".join(filter(None, lines)),
            "postcode": text_of(element, "CODE_POSTAL"),
            "commune": text_of(element, "LIBELLE_POSTAL", "COMMUNE_ETRANGERE"),
            "country": text_of(element, "LL_PAYS"),
        }
        for text in address.values():
            if cells.is_formula(text):
                self._report("row_formula", element.sourceline, "ADRESSE", text)
                return
        self.staging.insert("address", self.number, key_of(element, "ADRESSE_ID"), pack(address))

    def _leave_out_orphans(self) -> None:
        """Links to persons whom the file does not hold. Those of a person who was left out were told already."""
        where = (
            "NOT EXISTS (SELECT 1 FROM seen WHERE seen.file = link.file AND seen.what = 'person'"
            " AND seen.key = link.person)"
        )
        for place, content in self.staging.walk("link", self.number, "row", where=where):
            link = unpack(content, KeyedLink)
            self._report("xml_link_person_unknown", link.person_line, "PERSONNE_ID", link.person_key)
            self.staging.execute("DELETE FROM link WHERE place = ?", place)

    def _report(self, code: str, line: int | None, element: str, value: str) -> None:
        self.staging.report(self.number, Defect(code, self.file, line=line, element=element, value=value))


def _level(element: etree._Element) -> int | None:
    """1 legal representative, 2 in charge, 3 contact. Before 2018, RESP_LEGAL 1 and 2 were legal, 0 a contact."""
    if written := text_of(element, "NIVEAU_RESPONSABILITE"):
        return {"1": 1, "2": 2, "3": _CONTACT}.get(written)
    return {"1": 1, "2": 1, "0": _CONTACT}.get(text_of(element, "RESP_LEGAL"))

"""The responsables' export of SIECLE (BEE_RESPONSABLES)."""

from lxml import etree

from idp.registry import cells, names
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.records import KeyedLink, PersonFile, PersonRow
from idp.registry.siecle_pupils import line_of, text_of

_CHILD_WELFARE = "51"
_CONTACT = 3


class Reader:
    """Takes PERSONNE, RESPONSABLE_ELEVE and ADRESSE elements, in the order of the file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.defects: list[Defect] = []
        self._lines: dict[str, int] = {}
        self._persons: dict[str, PersonRow] = {}
        self._links: list[KeyedLink] = []
        self._addresses: dict[str, dict[str, str]] = {}
        self._address_of: dict[str, str] = {}

    def take(self, element: etree._Element) -> None:
        if element.tag == "PERSONNE":
            self._take_person(element)
        elif element.tag == "RESPONSABLE_ELEVE":
            self._take_link(element)
        elif element.tag == "ADRESSE":
            self._take_address(element)

    def result(self, uai: str, school_year: int) -> PersonFile:
        """Persons with their addresses, and the links between what the file holds."""
        if not self._lines:
            raise FileRefused(Defect("xml_malformed", self.file, element="PERSONNES"))
        for key, person in self._persons.items():
            person.address = self._addresses.get(self._address_of[key], {})
        persons = list(self._persons.values())
        return PersonFile("siecle", self.file, persons, self.defects, self._links, uai, school_year)

    def _take_person(self, element: etree._Element) -> None:
        key = (element.get("PERSONNE_ID") or text_of(element, "PERSONNE_ID")).strip()
        line = element.sourceline or 0
        place = "PERSONNE/@PERSONNE_ID"
        if not key:
            raise FileRefused(Defect("xml_id_missing", self.file, line=line, element=place))
        if key in self._lines:
            raise FileRefused(Defect("xml_id_duplicate", self.file, line, self._lines[key], element=place, value=key))
        self._lines[key] = line
        if person := self._person(element, key, line):
            self._persons[key] = person
            self._address_of[key] = text_of(element, "ADRESSE_ID")

    def _person(self, element: etree._Element, key: str, line: int) -> PersonRow | None:
        family_name, first_name = text_of(element, "NOM_DE_FAMILLE", "NOM"), text_of(element, "PRENOM")
        if not names.key(family_name) or len(family_name) > names.LONGEST:
            self._report("row_name_missing", line_of(element, "NOM_DE_FAMILLE"), "NOM_DE_FAMILLE", family_name)
            return None
        for tag, name in (("NOM_DE_FAMILLE", family_name), ("PRENOM", first_name)):
            if cells.is_formula(name):
                self._report("row_formula", line_of(element, tag), tag, name)
                return None
        civility = text_of(element, "LC_CIVILITE")
        phones_raw = {
            role: text
            for role, tag in (("mobile", "TEL_PORTABLE"), ("home", "TEL_PERSONNEL"), ("work", "TEL_PROFESSIONNEL"))
            if (text := text_of(element, tag))
        }
        return PersonRow(
            line=line,
            family_name=family_name,
            usage_name=text_of(element, "NOM_USAGE"),
            first_name=first_name,
            civility=cells.read_civility(civility),
            school_key=key,
            is_organisation=not civility and not first_name,
            mobile=self._mobile(element, phones_raw),
            phones_raw=phones_raw,
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
        person_key = text_of(element, "PERSONNE_ID")
        if person_key not in self._lines:
            line = line_of(element, "PERSONNE_ID")
            self._report("xml_link_person_unknown", line, "PERSONNE_ID", person_key)
            return
        level = _level(element)
        if level is None:
            tag = "NIVEAU_RESPONSABILITE"
            self._report("xml_level_unknown", line_of(element, tag), tag, text_of(element, tag, "RESP_LEGAL"))
            return
        person = self._persons.get(person_key)
        if person is None:
            return  # The person was left out, and that was said.
        kind = text_of(element, "CODE_PARENTE")
        if kind == _CHILD_WELFARE and not person.first_name:
            person.is_organisation = True
        pupil_line = line_of(element, "ELEVE_ID") or 0
        line = element.sourceline or 0
        link = KeyedLink(line, text_of(element, "ELEVE_ID"), person_key, level, kind, pupil_line)
        self._links.append(link)

    def _take_address(self, element: etree._Element) -> None:
        key = (element.get("ADRESSE_ID") or text_of(element, "ADRESSE_ID")).strip()
        lines = (text_of(element, f"LIGNE{number}_ADRESSE") for number in range(1, 5))
        self._addresses[key] = {
            "lines": "\n".join(filter(None, lines)),
            "postcode": text_of(element, "CODE_POSTAL"),
            "commune": text_of(element, "LIBELLE_POSTAL", "COMMUNE_ETRANGERE"),
            "country": text_of(element, "LL_PAYS"),
        }

    def _report(self, code: str, line: int | None, element: str, value: str) -> None:
        self.defects.append(Defect(code, self.file, line=line, element=element, value=value))


def _level(element: etree._Element) -> int | None:
    """1 legal representative, 2 in charge, 3 contact. Before 2018, RESP_LEGAL 1 and 2 were legal, 0 a contact."""
    if written := text_of(element, "NIVEAU_RESPONSABILITE"):
        return {"1": 1, "2": 2, "3": _CONTACT}.get(written)
    return {"1": 1, "2": 1, "0": _CONTACT}.get(text_of(element, "RESP_LEGAL"))

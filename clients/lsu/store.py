"""The reports, in the viewer's own SQLite file. Whose they are is decided here, in the query that fetches them."""

import secrets
from dataclasses import dataclass

from clients import clock
from clients.children import Child, key
from clients.database import connect, prepare

SCHEMA = """
CREATE TABLE IF NOT EXISTS pupils (
    id INTEGER PRIMARY KEY,
    uai TEXT NOT NULL, family_key TEXT NOT NULL, given_key TEXT NOT NULL, birth_on TEXT NOT NULL,
    UNIQUE (uai, family_key, given_key, birth_on)
);
CREATE TABLE IF NOT EXISTS subjects (
    subject TEXT NOT NULL, pupil_id INTEGER NOT NULL REFERENCES pupils, PRIMARY KEY (subject, pupil_id)
);
CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY, pupil_id INTEGER NOT NULL REFERENCES pupils, title TEXT NOT NULL, published_on TEXT NOT NULL,
    file_name TEXT NOT NULL, pdf BLOB NOT NULL, seeded_at INTEGER NOT NULL, UNIQUE (pupil_id, title)
);
CREATE INDEX IF NOT EXISTS reports_pupil_id ON reports (pupil_id, published_on);
"""


@dataclass(frozen=True)
class Pupil:
    """Whose report it is, in the school's own words: the viewer holds no INE."""

    uai: str
    family_name: str
    given_name: str
    birth_on: str


@dataclass(frozen=True)
class Report:
    """A line of the list."""

    id: str
    title: str
    published_on: str
    size: int


@dataclass(frozen=True)
class Document:
    """A report to open or save."""

    file_name: str
    pdf: bytes


class ReportStore:
    """A parent's children are matched by name, birth date and school, then remembered by their pairwise subject.

    The subject goes on showing the reports of the former school when a child changes school.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        prepare(path, SCHEMA)

    def add(self, pupil: Pupil, title: str, published_on: str, document: Document) -> None:
        """Keep a report. The same title for the same pupil replaces the file and keeps the address."""
        with connect(self.path) as database:
            identity = (pupil.uai, key(pupil.family_name), key(pupil.given_name), pupil.birth_on)
            (pupil_id,) = database.execute(
                "INSERT INTO pupils (uai, family_key, given_key, birth_on) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET uai = excluded.uai RETURNING id",
                identity,
            ).fetchone()
            database.execute(
                "INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pupil_id, title) DO UPDATE SET"
                " pdf = excluded.pdf, published_on = excluded.published_on, seeded_at = excluded.seeded_at",
                (
                    secrets.token_urlsafe(16),
                    pupil_id,
                    title,
                    published_on,
                    document.file_name,
                    document.pdf,
                    clock.now(),
                ),
            )

    def recognise(self, children: list[Child]) -> None:
        """Remember which pupils these children are. A child without a birth date is never guessed."""
        with connect(self.path) as database:
            for child in children:
                database.execute(
                    "INSERT OR IGNORE INTO subjects SELECT ?, id FROM pupils"
                    " WHERE uai = ? AND family_key = ? AND given_key = ? AND birth_on = ? AND birth_on <> ''",
                    (
                        child.subject,
                        child.school.uai,
                        key(child.family_name),
                        key(child.given_name),
                        child.birthdate,
                    ),
                )

    def reports_of(self, child: Child) -> list[Report]:
        """The child's reports, newest first."""
        with connect(self.path) as database:
            rows = database.execute(
                "SELECT id, title, published_on, length(pdf) AS size FROM reports JOIN subjects USING (pupil_id)"
                " WHERE subject = ? ORDER BY published_on DESC, title DESC",
                (child.subject,),
            ).fetchall()
        return [Report(**dict(row)) for row in rows]

    def find(self, report_id: str, children: list[Child]) -> Document | None:
        """The report when it is of one of these children: somebody else's is as unknown as one that is not there."""
        with connect(self.path) as database:
            for child in children:
                row = database.execute(
                    "SELECT file_name, pdf FROM reports JOIN subjects USING (pupil_id) WHERE id = ? AND subject = ?",
                    (report_id, child.subject),
                ).fetchone()
                if row:
                    return Document(row["file_name"], row["pdf"])
        return None

"""The school head's console."""

from flask_babel import gettext as _

from idp.web.consoles import navigation
from idp.web.consoles.school_head import activation, corrections, families, files, letters, pupils, questions, welcome

PAGES = (families, pupils, corrections, letters, files, questions, activation, welcome)

for view, label, icon in (
    ("families", lambda: _("Familles"), "people"),
    ("pupils", lambda: _("Élèves"), "person"),
    ("letters", lambda: _("Courriers"), "letter"),
    ("school_file", lambda: _("Fichier de l’école"), "upload"),
    ("questions", lambda: _("Questions"), "list"),
    ("activation", lambda: _("Comptes par classe"), "chart"),
    ("welcome", lambda: _("Mon école"), "school"),
):
    navigation.add("school_head", view, label, icon, of_school=True)

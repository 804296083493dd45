"""How many families are in, class by class: a chart that is a table."""

from idp.flows.school_head import activation as service
from idp.flows.school_head import families
from idp.staff import borders
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to


@pages.get("/ecoles/<uai>/comptes")
@opened_to("school_head", border=borders.school)
def activation(uai: str) -> Answer:
    """Figures of the school, then one bar a class."""
    return show("school_head/activation", uai=uai, shares=service.by_class(uai), figures=families.figures(uai))

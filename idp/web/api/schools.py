"""Schools: searched, created and corrected; nothing about any pupil or parent."""

from typing import Any

from flask import Response, request

from idp.db import db
from idp.registry import directory
from idp.registry.directory import Facts
from idp.registry.models import School
from idp.registry.service import FACTS, save_school
from idp.web.api.problem import refuse
from idp.web.api.route import Call, Route, json
from idp.web.api.schemas import TYPES, list_of, ref

PAGE, MOST = 100, 1000
LONGEST = {"name": 200, "commune": 100, "academie": 60, "welcome_message": 2000}


def list_schools(call: Call) -> Response:
    limit = call.number("limit", PAGE, MOST)
    degree = call.number("degree", 1, 2) if "degree" in request.args else None
    query = directory.search(request.args.get("q", ""), academie=request.args.get("academie", ""), degree=degree)
    after = request.args.get("after", "")[:8]
    query = query.where(School.uai > after).order_by(School.uai).limit(limit)
    found = list(db.session.scalars(query))
    facts = directory.facts_of([school.uai for school in found])
    items = [_told(school, facts[school.uai]) for school in found]
    return json({"items": items, **({"next": items[-1]["uai"]} if len(items) == limit else {})})


def put_school(call: Call, uai: str) -> Response:
    said = {name: value for name, value in call.document().items() if name not in ("uai", *Facts().told)}
    problems = [f"{name}: unknown" for name in said.keys() - set(FACTS)]
    problems += [] if said.get("name") else ["name: what parents read"]
    problems += [] if type(said.get("degree")) is int and said["degree"] in (1, 2) else ["degree: 1 or 2"]
    for name, longest in LONGEST.items():
        text = said.get(name, "")
        if not isinstance(text, str) or len(text) > longest or "\x00" in text:
            problems.append(f"{name}: at most {longest} characters")
    if problems:
        raise refuse(422, "invalid_school", "; ".join(sorted(problems)))
    school = save_school(uai, by=call.by, **said)
    return json(_told(school, directory.facts_of([school.uai])[school.uai]))


def _told(school: School, facts: Facts) -> dict[str, Any]:
    return {"uai": school.uai, **{fact: getattr(school, fact) for fact in FACTS}, **facts.told}


ROUTES = (
    Route("GET", "/schools", "admin.schools.read", list_schools, "Schools by UAI, with how many people each holds",
          {200: list_of("School")},
          {**dict.fromkeys(("q", "academie", "after"), TYPES[str]), "degree": {"enum": [1, 2]},
           "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE}}),
    Route("PUT", "/schools/{uai}", "admin.schools.write", put_school,
          "Create the school, or correct it; what is not said stays", {200: ref("School")}, body=ref("SchoolMembers")),
)  # fmt: skip

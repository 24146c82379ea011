"""Reads ``screening-*.toml``: one file a form, with questions, measurements, outcomes, rules and worked examples."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.products import SEXES
from vaxdesk.campaigns.screening_checks import check
from vaxdesk.campaigns.tables import Table
from vaxdesk.campaigns.texts import ages_of, doubt_of, fields_of
from vaxdesk.domain.campaign import Source
from vaxdesk.domain.screening_form import (
    Condition,
    Example,
    Kind,
    NextList,
    Outcome,
    Paper,
    Place,
    Question,
    Rule,
    ScreeningForm,
    Vital,
    VitalAsked,
)
from vaxdesk.i18n import N_

_Choice = TypeVar("_Choice", bound=StrEnum)

PREFIX = "screening-"
MAX_AGE = 150


def read(folder: Folder) -> Mapping[str, ScreeningForm]:
    """Every form of the pack by its id; problems are noted in the folder. Empty without such files."""
    forms: dict[str, ScreeningForm] = {}
    for root in folder.matching(PREFIX):
        form = _form(root)
        if form.id in forms:
            root.refuse("id", N_("The id {id} is used twice."), N_("Expected an id of its own."), id=form.id)
        forms.setdefault(form.id, form)
    return forms


def _form(root: Table) -> ScreeningForm:
    source = root.source()
    outcomes = {code: _outcome(code, table) for code, table in root.named("outcomes", required=True).items()}
    places = {code: _place(code, table) for code, table in root.named("places").items()}
    papers = {code: _paper(code, table) for code, table in root.named("papers").items()}
    conditions = {code: _condition(code, table) for code, table in root.named("conditions").items()}
    notes = root.named("footnotes")
    footnotes = {mark: table.local("text") for mark, table in notes.items()}
    for table in notes.values():
        table.finish()
    questions = tuple(_question(table, footnotes, outcomes) for table in root.tables("questions", required=True))
    asked = [question.id for question in questions if question.kind is not Kind.HEADING]
    vitals = tuple(_vital(code, table, asked, conditions, footnotes) for code, table in root.named("vitals").items())
    rules = tuple(
        _rule(table, source, asked, outcomes, places, papers) for table in root.tables("rules", required=True)
    )
    age_from, age_to = ages_of(root)
    form = ScreeningForm(
        id=root.code("id"),
        version=root.text("version"),
        title=root.local("title"),
        source=source,
        age_from=age_from,
        age_to=age_to,
        header=fields_of(root, "header"),
        questions=questions,
        vitals=vitals,
        conditions=tuple(conditions.values()),
        outcomes=outcomes,
        places=places,
        papers=papers,
        rules=rules,
        footnotes=footnotes,
        reason_label=root.local("reason_label"),
        signature=root.local("signature"),
        part_questions=root.local("part_questions"),
        part_conclusion=root.local("part_conclusion"),
        examples=tuple(_example(table, [rule.id for rule in rules], outcomes) for table in root.tables("examples")),
    )
    root.finish()
    check(root, form)
    return form


def _question(table: Table, footnotes: Collection[str], outcomes: Collection[str]) -> Question:
    identifier = table.text("id")
    found = Question(
        id=identifier,
        number=table.text("number", default=identifier, empty=True),
        text=table.local("text"),
        kind=_member(Kind.BOOL, table.choice("kind", [kind.value for kind in Kind], default="bool")),
        parent=table.text("parent", default=""),
        detail=table.local("detail") if "detail" in table else None,
        sexes=frozenset(table.texts("sexes", choices=SEXES)),
        products=frozenset(table.products("products")),
        decision=table.texts("decision", choices=outcomes),
        footnotes=table.texts("footnotes", choices=footnotes),
        printed=table.flag("printed", default=True),
        required=table.flag("required", default=True),
        earlier_dose=table.flag("earlier_dose", default=False),
    )
    table.finish()
    return found


def _vital(
    code: str, table: Table, asked: Collection[str], conditions: Collection[str], footnotes: Collection[str]
) -> Vital:
    found = Vital(
        id=code,
        label=table.local("label"),
        unit=table.text("unit"),
        low=table.optional_number("low"),
        high=table.optional_number("high"),
        plausible=(table.number("plausible_low"), table.number("plausible_high")),
        question=table.choice("question", asked) if "question" in table else "",
        asked=VitalAsked(
            always=table.flag("always"),
            expected=table.flag("expected"),
            over_age=table.optional_whole("over_age", maximum=MAX_AGE),
            conditions=frozenset(table.texts("conditions", choices=conditions)),
            on_finding=table.flag("on_finding"),
        ),
        usual_excess=table.optional_number("usual_excess"),
        decimals=table.whole("decimals", maximum=2, default=0),
        footnotes=table.texts("footnotes", choices=footnotes),
    )
    table.finish()
    return found


def _condition(code: str, table: Table) -> Condition:
    found = Condition(code, table.local("label"))
    table.finish()
    return found


def _outcome(code: str, table: Table) -> Outcome:
    found = Outcome(
        code=code,
        gravity=table.whole("gravity", maximum=1000),
        label=table.local("label"),
        rule_text=table.local("rule"),
        next=_member(NextList.PHYSICIAN, table.choice("next", [item.value for item in NextList])),
        injectable=table.flag("injectable"),
        eligible=table.flag("eligible"),
        printed=table.flag("printed", default=True),
        doubt=doubt_of(table),
    )
    table.finish()
    return found


def _place(code: str, table: Table) -> Place:
    found = Place(code, table.local("label"), table.text("capability"))
    table.finish()
    return found


def _paper(code: str, table: Table) -> Paper:
    found = Paper(code, table.local("label"))
    table.finish()
    return found


def _rule(
    table: Table,
    form_source: Source,
    asked: Collection[str],
    outcomes: Collection[str],
    places: Collection[str],
    papers: Collection[str],
) -> Rule:
    source = table.source() if "source" in table else None
    found = Rule(
        id=table.text("id"),
        item=table.choice("item", asked),
        outcome=table.choice("outcome", outcomes),
        source=source or form_source,
        products=frozenset(table.products("products")),
        except_products=frozenset(table.products("except_products")),
        place=table.choice("place", places) if "place" in table else "",
        papers=table.texts("papers", choices=papers),
        says=table.local("says") if "says" in table else None,
        below=table.optional_number("below"),
        above=table.optional_number("above"),
        recall_days=table.optional_whole("recall_days", maximum=3660),
        doubt=doubt_of(table) if source is None else (source.note if source.uncertain else None),
    )
    table.finish()
    return found


def _example(table: Table, rules: Sequence[str], outcomes: Collection[str]) -> Example:
    products = list(table.folder.products)
    found = Example(
        id=table.text("id"),
        rules=table.texts("rules", choices=rules),
        product=table.choice("product", products) if products else table.text("product"),
        answers=_values(table, "answers"),
        vitals=_values(table, "vitals"),
        leading=table.choice("leading", outcomes),
        sex=table.choice("sex", SEXES, default=""),
        age=table.optional_whole("age", maximum=MAX_AGE),
    )
    table.finish()
    return found


def _member(neutral: _Choice, value: str) -> _Choice:
    """The member of the enumeration, or the neutral one where the value was refused already."""
    kind = type(neutral)
    return kind(value) if value in {item.value for item in kind} else neutral


def _values(table: Table, key: str) -> Mapping[str, object]:
    inner = table.table(key)
    if inner is None:
        return {}
    names = inner.keys()
    return {name: inner.value(name) for name in names}

"""Registration pages: one person with consent, or an organisation's list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from vaxdesk.clock import today as today_of
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.consent import RELATIONS, ConsentText, Declaration
from vaxdesk.domain.problems import FieldProblem
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_
from vaxdesk.portal import stations
from vaxdesk.portal.public import listing, registering
from vaxdesk.portal.public.registering import Agreement, Wish
from vaxdesk.portal.public.web import LANGUAGE, Form, Refused, Web
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.stations import StationFacts
from vaxdesk.portal.store import Store

#: What a registration form holds besides the step and the token.
FIELDS = (
    *("who", "full_name", "birth", "sex", "national_id", "insurance_no", "phone", "village", "commune", "province"),
    *("occupation", "employer", "group", "guardian_name", "guardian_relation", "guardian_phone"),
    *("history", "wanted", "part"),
)
#: A list of many people counts like so many registrations of one.
LIST_WEIGHT = 3


class RegisterPages:
    """Handlers of the registration pages."""

    def __init__(self, web: Web, store: Store, settings: PortalSettings, rules: Callable[[], Campaign]) -> None:
        self.web = web
        self.store = store
        self.settings = settings
        self._rules = rules

    @property
    def campaign(self) -> Campaign:
        """The rules of today."""
        return self._rules()

    @property
    def _today(self) -> date:
        return today_of(self.settings.clock)

    async def _station(self, request: Request) -> StationFacts:
        wanted = request.path_params["station"]

        def look() -> StationFacts | None:
            with self.store.reading() as connection:
                return next((one for one in stations.listed(connection) if one.id == wanted), None)

        station = await run_in_threadpool(look)
        if station is None:
            raise Refused(404, N_("This station takes no registrations here. Choose another one."))
        return station

    # Registration of one person

    async def register(self, request: Request) -> Response:
        """The form, then the consent, then the code."""
        station = await self._station(request)
        if request.method != "POST":
            return self._registration_form(request, station, {"who": "self"}, [])
        form = await self.web.form(request)
        values = {name: form.get(name) for name in FIELDS}
        wish, problems = registering.read_wish(values, self._today, station)
        seen = set(form.get("seen").split())
        warned = {_mark(problem) for problem in problems}
        if any(problem.blocks for problem in problems) or not warned <= seen:
            return self._registration_form(request, station, values, problems, form.number)
        step = form.get("step")
        if step == "form" or step not in ("consent", "register"):
            return self._registration_form(request, station, values, problems, form.number)
        text = self._consent_text(wish)
        if step == "consent":
            return self._consent_page(request, station, values, wish, text, form, "")
        if form.get("answer") == "refuse":
            return self.web.page(request, "not_agreed.html", station=station)
        declared = tuple(one.id for one in self._declarations() if form.get(f"declare_{one.id}"))
        required = (
            {one.id for one in self.campaign.consents.declarations_on(self._today)} if self.campaign.consents else set()
        )
        if text is not None and (form.get("answer") != "agree" or not required <= set(declared)):
            words = self.web.text(N_("Read the text and say whether you agree."))
            return self._consent_page(request, station, values, wish, text, form, words)
        self.web.count_registration(request)
        agreement = Agreement(text, declared) if text is not None else None
        codes = await run_in_threadpool(
            registering.keep, self.store, form.number, station, self.campaign.code, [(wish, agreement)]
        )
        return self.web.page(request, "registered.html", station=station, codes=[_coded(codes[0], "")], name="")

    def _consent_text(self, wish: Wish) -> ConsentText | None:
        consents = self.campaign.consents
        if consents is None or wish.person.birth is None:
            return None
        return consents.text_for(wish.person.birth.age_on(self._today), self._today)

    def _declarations(self) -> tuple[Declaration, ...]:
        """The declarations in force; else the pack's last one, which is then a free remark for the station."""
        if self.campaign.consents is None:
            return ()
        return self.campaign.consents.declarations_on(self._today) or self.campaign.consents.declarations[-1:]

    def _registration_form(
        self,
        request: Request,
        station: StationFacts,
        values: Mapping[str, str],
        problems: list[FieldProblem],
        number: str = "",
    ) -> Response:
        groups = self.campaign.priority.groups_on(self._today) if self.campaign.priority else ()
        by_field: dict[str, list[FieldProblem]] = {}
        for problem in problems:
            by_field.setdefault(problem.field, []).append(problem)
        return self.web.page(
            request,
            "register.html",
            422 if problems else 200,
            form_number=number,
            station=station,
            values={name: values.get(name, "") for name in FIELDS},
            problems=by_field,
            count=len(problems),
            blocked=any(problem.blocks for problem in problems),
            seen=" ".join(sorted({_mark(problem) for problem in problems if not problem.blocks})),
            groups=groups,
            relations=[(code, self.web.text(words)) for code, words in RELATIONS.items()],
            language=LANGUAGE,
        )

    def _consent_page(
        self,
        request: Request,
        station: StationFacts,
        values: Mapping[str, str],
        wish: Wish,
        text: ConsentText | None,
        form: Form,
        error: str,
    ) -> Response:
        return self.web.page(
            request,
            "consent.html",
            422 if error else 200,
            form_number=form.number,
            station=station,
            values=values,
            seen=form.get("seen"),
            wish=wish,
            text=text,
            declarations=self._declarations() if text is not None else (),
            error=error,
            language=LANGUAGE,
        )

    # An organisation's list

    async def register_list(self, request: Request) -> Response:
        """The table, then its rows with their verdicts, then the codes."""
        station = await self._station(request)
        if request.method != "POST":
            return self._list_form(request, station, {}, "", "")
        limits = self.settings.limits
        form = await self.web.form(request, 2 * limits.list_bytes + 16_384)
        values = {name: form.get(name).strip()[:200] for name in ("organisation", "contact", "phone")}
        table, problem = form.get("table"), ""
        try:
            if form.files.get("file"):
                table = listing.decode(form.files["file"])
            if len(table.encode()) > limits.list_bytes:
                raise InputError("The list is too long for one time. Send it in parts.")
            if not all(values.values()):
                raise InputError("Write the organisation, your name and a telephone number.")
            groups = self.campaign.priority.ranks_on(self._today) if self.campaign.priority else {}
            rows = listing.read(
                table, self._today, station, values["organisation"], limits.list_rows, frozenset(groups)
            )
        except InputError as error:
            problem = self.web.text(error.message_id, **error.values)
            return self._list_form(request, station, values, table, problem, form.number)
        taken = [
            row for row in rows if row.verdict == "accepted" or (row.verdict == "doubtful" and form.get("doubtful"))
        ]
        if form.get("step") != "register" or not taken:
            counts = {
                verdict: sum(row.verdict == verdict for row in rows) for verdict in ("accepted", "doubtful", "refused")
            }
            return self.web.page(
                request,
                "list_rows.html",
                form_number=form.number,
                station=station,
                values=values,
                table=table,
                rows=rows,
                counts=counts,
            )
        self.web.count_registration(request, LIST_WEIGHT)
        contact = f"{values['organisation']} · {values['contact']} · {values['phone']}"
        wishes: list[tuple[Wish, Agreement | None]] = [
            (Wish(row.wish.person, history=self.web.text(N_("Registered by {contact}"), contact=contact)), None)
            for row in taken
        ]
        codes = await run_in_threadpool(registering.keep, self.store, form.number, station, self.campaign.code, wishes)
        shown = [_coded(code, row.name) for code, row in zip(codes, taken, strict=False)]
        return self.web.page(request, "registered.html", station=station, codes=shown, name=values["organisation"])

    def _list_form(
        self,
        request: Request,
        station: StationFacts,
        values: Mapping[str, str],
        table: str,
        problem: str,
        number: str = "",
    ) -> Response:
        return self.web.page(
            request,
            "list.html",
            422 if problem else 200,
            form_number=number,
            station=station,
            values={name: values.get(name, "") for name in ("organisation", "contact", "phone")},
            table=table,
            problem=problem,
            most=self.settings.limits.list_rows,
        )


def _mark(problem: FieldProblem) -> str:
    return f"{problem.field}.{problem.code}"


def _coded(code: str, name: str) -> dict[str, Any]:
    """A code with its symbol as an SVG path: one unit a module, four quiet ones around."""
    from vaxdesk.documents import qr  # loaded at first use, with numpy

    symbol = qr.matrix(code.replace("-", ""), "Q")
    path = "".join(f"M{column + 4} {row + 4}h{length}v1h-{length}z" for row, column, length in qr.runs(symbol))
    return {"code": code, "name": name, "path": path, "side": symbol.size + 8}

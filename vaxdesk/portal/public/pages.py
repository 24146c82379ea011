"""The public pages: home, stations, registration with consent, an organisation's list, look-up, check of a code."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import date
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from vaxdesk.certificates.verification import Verification
from vaxdesk.clock import today as today_of
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate, parse_partial
from vaxdesk.domain.names import tidy
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.i18n import N_
from vaxdesk.portal import stations
from vaxdesk.portal.authority_desk import AuthorityDesk
from vaxdesk.portal.limits import Buckets
from vaxdesk.portal.public.register_pages import RegisterPages
from vaxdesk.portal.public.status import Status, look_up
from vaxdesk.portal.public.web import LANGUAGE, Refused, Web, static
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.stations import StationFacts
from vaxdesk.portal.store import Store

log = logging.getLogger(__name__)


class PublicPages:
    """Handlers of one portal; ``desk`` is None where it has no authority (then codes are not checked here)."""

    def __init__(
        self, store: Store, settings: PortalSettings, desk: AuthorityDesk | None, rules: Callable[[], Campaign]
    ) -> None:
        self.store = store
        self.settings = settings
        self.desk = desk
        self.web = Web(store, settings)
        self.rules = rules
        tries = settings.limits.tries_per_code
        self._codes = Buckets(tries / 3600, tries)

    @property
    def campaign(self) -> Campaign:
        """The rules of today."""
        return self.rules()

    def routes(self) -> list[Route]:
        """All public addresses."""

        register = RegisterPages(self.web, self.store, self.settings, self.rules)

        def page(path: str, handler: Any, *methods: str) -> Route:
            return Route(path, self.web.guarded(handler), methods=list(methods) or ["GET"])

        return [
            page("/", self.home),
            page("/dang-ky", self.choose),
            page("/danh-sach", self.choose),
            page("/dang-ky/{station}", register.register, "GET", "POST"),
            page("/danh-sach/{station}", register.register_list, "GET", "POST"),
            page("/tra-cuu", self.status, "GET", "POST"),
            page("/kiem-tra", self.check, "GET", "POST"),
            Route("/portal.css", static("portal.css", "text/css")),
            Route("/favicon.svg", static("favicon.svg", "image/svg+xml")),
            page("/{rest:path}", self.missing),
        ]

    @property
    def _today(self) -> date:
        return today_of(self.settings.clock)

    async def home(self, request: Request) -> Response:
        """The way to everything."""
        return self.web.page(request, "home.html", campaign=self.campaign, check=self.desk is not None)

    async def missing(self, request: Request) -> Response:
        """Any other address."""
        raise Refused(404, N_("There is no such page here."))

    async def choose(self, request: Request) -> Response:
        """Find one's station, for oneself or for a list."""
        word = tidy(request.query_params.get("tim", ""))[:60]

        def look() -> list[StationFacts]:
            with self.store.reading() as connection:
                return stations.listed(connection, word)

        found = await run_in_threadpool(look)
        target = "/danh-sach" if request.url.path.startswith("/danh-sach") else "/dang-ky"
        if len(found) == 1 and not word:
            return RedirectResponse(f"{target}/{found[0].id}", 303)
        return self.web.page(
            request, "stations.html", stations=found[:60], more=len(found) > 60, word=word, target=target
        )

    # Look-up

    async def status(self, request: Request) -> Response:
        """Initials, doses and next step for a code and a birth date; wrong and unknown are answered alike."""
        if request.method != "POST":
            return self.web.page(request, "status.html", values={"code": "", "birth": ""}, problem="")
        form = await self.web.form(request, 8192)
        self.web.count(request)
        values = {name: form.get(name).strip()[:40] for name in ("code", "birth")}
        try:
            birth = parse_partial(values["birth"], self._today, "birth")
        except FieldError as error:
            problem = self.web.text(error.message_id, **error.values)
            return self.web.page(request, "status.html", 422, values=values, problem=problem)
        plain = "".join(letter for letter in values["code"].upper() if letter.isalnum())
        counted = hashlib.sha256(plain.encode()).hexdigest()
        wait = self._codes.take(counted)
        if wait:
            raise Refused(429, N_("This code was tried too often. Try again in an hour."), wait)

        def look() -> Status | None:
            with self.store.reading() as connection:
                try:
                    return look_up(connection, self.campaign, values["code"], birth, self._today, LANGUAGE)
                except (AttributeError, TypeError, ValueError, KeyError, IndexError):
                    log.warning("a person's records have an odd shape and cannot be shown")
                    return None

        found = await run_in_threadpool(look)
        if found is None:
            words = self.web.text(N_("Nothing is shown for this code and birth date. Compare both with your slip."))
            return self.web.page(request, "status.html", values=values, problem=words)
        self._codes.give_back(counted)
        return self.web.page(request, "status_shown.html", found=found)

    # Check of a certificate's code

    async def check(self, request: Request) -> Response:
        """The same verdict as at the desk, from the lists that this portal serves."""
        desk = self.desk
        if desk is None:
            raise Refused(404, N_("This portal does not check certificates."))
        if request.method != "POST":
            return self.web.page(request, "check.html", problem="", answers=())
        form = await self.web.form(request, self.settings.limits.check_bytes + 65_536)
        self.web.count(request)
        given: str | bytes = form.files.get("file") or form.get("code").strip()[:20_000]
        if not given:
            return self.web.page(
                request, "check.html", 422, problem=self.web.text(N_("Choose a file or paste the code.")), answers=()
            )

        def verify() -> list[Verification]:
            # Loaded at first use: readers of pictures and PDF files are a quarter of the portal's start.
            from vaxdesk.certificates.inputs import verify_input

            return verify_input(given, desk.trust(), self.settings.clock.now(), label="", at_most=4)

        try:
            answers = await run_in_threadpool(verify)
        except KnownError as error:
            problem = self.web.text(error.message_id, **error.values)
            return self.web.page(request, "check.html", 422, problem=problem, answers=())
        shown = [{"verdict": one.verdict.value, "words": one.words(LANGUAGE), "facts": _facts(one)} for one in answers]
        return self.web.page(request, "check.html", problem="", answers=shown)


def _facts(answer: Verification) -> dict[str, str]:
    """Whom a certificate is about and its last dose, where it can be read."""
    content = answer.claims.certificate if answer.claims else None
    if not content:
        return {}
    name = content["nam"] if isinstance(content.get("nam"), dict) else {}
    doses = content.get("v")
    dose = doses[-1] if isinstance(doses, list) and doses and isinstance(doses[-1], dict) else {}
    facts = {
        "name": " ".join(str(name.get(part) or "") for part in ("fn", "gn")).strip(),
        "birth": _day(content.get("dob")),
        "dose": f"{dose.get('dn')}/{dose.get('sd')}" if dose else "",
        "day": _day(dose.get("dt")),
        "issuer": str(dose.get("is") or ""),
    }
    return {key: value[:120] for key, value in facts.items() if value}


def _day(value: object) -> str:
    """A certificate's date as it is written in Viet Nam; another country's odd one as it stands."""
    text = str(value or "")
    try:
        return PartialDate.parse(text[:10]).vietnamese()
    except ValueError:
        return text

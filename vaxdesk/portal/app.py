"""Puts a portal together: its database, its FHIR side, its authority and lists, its public pages."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vaxdesk.portal.authority_desk import AuthorityDesk
from vaxdesk.portal.enrol_api import EnrolApi
from vaxdesk.portal.fhir_api import FhirApi
from vaxdesk.portal.national import NationalIssuer
from vaxdesk.portal.packs_api import PacksApi
from vaxdesk.portal.public.pages import PublicPages
from vaxdesk.portal.rules_of_day import RulesOfDay
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.store import Store

log = logging.getLogger(__name__)


class FaultGuard:
    """Answers a fault of ours with 500, and logs where it happened but not a word of what it was about."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; nothing is raised beyond this point but a cut connection."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - the process boundary: reported, and the server goes on
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("unexpected %s\n%s", type(error).__name__, frames)
            if scope["type"] == "http" and not begun:
                outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "fatal", "code": "exception"}]}
                await JSONResponse(outcome, 500)(scope, receive, send)


def create_app(settings: PortalSettings) -> Starlette:
    """The portal as an ASGI application. Its database is opened here and closed at the end of its life.

    :raises KnownError: the database or the authority cannot be opened, or practice and real are mixed.
    """
    store = Store(settings.database_url, settings.clock, settings.practice)
    try:
        desk = None
        if settings.authority_dir is not None:
            desk = AuthorityDesk(store, settings.authority_dir, settings.practice, settings.authority_passphrase)
        rules = RulesOfDay(store, settings)
    except BaseException:
        store.close()
        raise
    api = FhirApi(store, settings, NationalIssuer(desk, rules).catch_up if desk else None)
    enrol = EnrolApi(store, api, desk)
    files = PacksApi(store, api, settings.practice)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    pages = PublicPages(store, settings, desk, rules)
    app = Starlette(
        routes=[*files.routes(), *api.routes(), *enrol.routes(), *pages.routes()],
        lifespan=lifespan,
        middleware=[Middleware(FaultGuard)],
    )
    app.state.store = store
    app.state.desk = desk
    return app

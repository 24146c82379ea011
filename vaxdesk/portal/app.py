"""Puts a portal together: its database, its FHIR side, its authority and lists, its public pages."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from vaxdesk.portal.authority_desk import AuthorityDesk
from vaxdesk.portal.enrol_api import EnrolApi
from vaxdesk.portal.fhir_api import FhirApi
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.store import Store


def create_app(settings: PortalSettings) -> Starlette:
    """The portal as an ASGI application. Its database is opened here and closed at the end of its life.

    :raises KnownError: the database or the authority cannot be opened, or practice and real are mixed.
    """
    store = Store(settings.database_url, settings.clock, settings.practice)
    try:
        desk = None
        if settings.authority_dir is not None:
            desk = AuthorityDesk(store, settings.authority_dir, settings.practice, settings.authority_passphrase)
    except BaseException:
        store.close()
        raise
    api = FhirApi(store, settings)
    enrol = EnrolApi(store, api, desk)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    app = Starlette(routes=[*api.routes(), *enrol.routes()], lifespan=lifespan)
    app.state.store = store
    app.state.desk = desk
    return app

"""Puts a portal together: its database, its FHIR side, its lists, its public pages."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from vaxdesk.portal.fhir_api import FhirApi
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.store import Store


def create_app(settings: PortalSettings) -> Starlette:
    """The portal as an ASGI application. Its database is opened here and closed at the end of its life.

    :raises InputError: when the database cannot be opened. :raises RefusedError: practice and real are mixed.
    """
    store = Store(settings.database_url, settings.clock, settings.practice)
    api = FhirApi(store, settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    app = Starlette(routes=api.routes(), lifespan=lifespan)
    app.state.store = store
    return app

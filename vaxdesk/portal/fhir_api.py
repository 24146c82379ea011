"""The FHIR side over HTTP: who asks, how often, what for. The work is in ``records``, ``searching``, ``bundles``."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vaxdesk.portal import bundles, capability, searching, stations
from vaxdesk.portal.inbound import answer, body_of, check_accept, check_media
from vaxdesk.portal.limits import Buckets
from vaxdesk.portal.outcomes import FhirProblem, bad_request
from vaxdesk.portal.records import Answer, Records, read
from vaxdesk.portal.rules import check_type, parse_json
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.store import Store, instant

log = logging.getLogger(__name__)
Handler = Callable[[Request], Awaitable[Response]]
HOST = re.compile(r"[A-Za-z0-9.\-_]+(:\d{1,5})?\Z|\[[0-9A-Fa-f:.]+\](:\d{1,5})?\Z")


def base_of(request: Request) -> str:
    """The FHIR base address as the client wrote it. :raises FhirProblem: 400 for an odd Host."""
    host = request.headers.get("host", "")
    if not HOST.match(host):
        raise bad_request("The Host header is not usable.")
    return f"{request.url.scheme}://{host}/fhir"


def guarded(handler: Handler) -> Handler:
    """Answer a problem as OperationOutcome; a database that cannot be reached as 503."""

    async def wrapped(request: Request) -> Response:
        try:
            return await handler(request)
        except FhirProblem as problem:
            status, outcome, headers = problem.status, problem.outcome(), problem.headers
        except (DBAPIError, PoolTimeoutError) as error:
            log.error("database: %s", type(error).__name__)
            busy = FhirProblem.one(503, "transient", "The portal cannot keep records now; try again.")
            status, outcome, headers = 503, busy.outcome(), {"Retry-After": "10"}
        return answer(request, status, json.dumps(outcome, ensure_ascii=False), headers)

    return wrapped


class FhirApi:
    """Handlers of one portal."""

    def __init__(
        self, store: Store, settings: PortalSettings, before_documents: Callable[[], object] | None = None
    ) -> None:
        """``before_documents`` is run before documents are searched: it makes those that are due."""
        self.store = store
        self.settings = settings
        self.limits = settings.limits
        self._rates = Buckets(self.limits.station_rate, self.limits.station_burst)
        self._before_documents = before_documents

    def routes(self) -> list[Route]:
        """All addresses below ``/fhir``."""
        return [
            Route("/fhir/metadata", guarded(self.metadata), methods=["GET"]),
            Route("/fhir", guarded(self.bundle), methods=["POST"]),
            Route("/fhir/", guarded(self.bundle), methods=["POST"]),
            Route("/fhir/{kind}/_search", guarded(self.search_posted), methods=["POST"]),
            Route("/fhir/{kind}", guarded(self.collection), methods=["GET", "POST"]),
            Route("/fhir/{kind}/{id}", guarded(self.instance), methods=["GET", "PUT"]),
            Route("/fhir/{kind}/{id}/_history/{version}", guarded(self.instance), methods=["GET"]),
            Route("/fhir", guarded(self.unknown)),
            Route("/fhir/{rest:path}", guarded(self.unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]

    # Before the work

    async def station_of(self, request: Request) -> str:
        """The station whose token came with the request. :raises FhirProblem: 401, 429."""
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        station = None
        if scheme.lower() == "bearer" and 20 <= len(token) <= 200:
            station = await run_in_threadpool(self._look_up, token.strip())
        if station is None:
            words = "A station's valid token is needed."
            raise FhirProblem.one(401, "login", words, headers={"WWW-Authenticate": 'Bearer realm="vaxdesk"'})
        wait = self._rates.take(station)
        if wait:
            words = f"Too many requests; go on after {wait} s."
            raise FhirProblem.one(429, "throttled", words, headers={"Retry-After": str(wait)})
        return station

    def _look_up(self, token: str) -> str | None:
        with self.store.reading() as connection:
            return stations.station_of(connection, token)

    async def _json(self, request: Request) -> Any:
        check_media(request)
        return parse_json(await body_of(request, self.limits.body_bytes, self.limits.inflated_bytes))

    # The work

    async def metadata(self, request: Request) -> Response:
        """``GET /fhir/metadata``, open to all."""
        check_accept(request)
        return answer(request, 200, json.dumps(capability.statement(self.settings, base_of(request))))

    async def bundle(self, request: Request) -> Response:
        """``POST /fhir``: transaction or batch."""
        station = await self.station_of(request)
        resource = await self._json(request)
        base = base_of(request)
        full = "return=representation" in request.headers.get("prefer", "")

        def work() -> str:
            with self.store.writing() as write:
                limits = self.limits
                text = bundles.run(write, station, resource, base, limits.bundle_entries, limits.page_count, full)
            return text

        return answer(request, 200, await run_in_threadpool(work))

    async def collection(self, request: Request) -> Response:
        """``GET`` searches, ``POST`` creates."""
        station = await self.station_of(request)
        kind = request.path_params["kind"]
        if request.method != "POST":
            check_accept(request)
            return await self._search(request, station, kind, request.url.query)
        check_type(kind)
        resource = await self._json(request)
        condition = request.headers.get("if-none-exist")

        def work() -> Answer:
            with self.store.writing() as write:
                kept = Records(write, station).post(kind, resource, condition)
            return kept

        return self._single(request, await run_in_threadpool(work))

    async def search_posted(self, request: Request) -> Response:
        """``POST /fhir/Type/_search``: the parameters in the body, so that no number stands in an address."""
        station = await self.station_of(request)
        body = await body_of(request, 8192, 8192)
        query = body.decode("ascii", "replace")
        both = "&".join(part for part in (request.url.query, query) if part)
        return await self._search(request, station, request.path_params["kind"], both)

    async def _search(self, request: Request, station: str, kind: str, text: str) -> Response:
        base = base_of(request)
        try:
            query = searching.parse(kind, text, self.limits.page_count)
        except ValueError as error:
            raise bad_request("The query cannot be read.") from error

        def work() -> str:
            if kind == "DocumentReference" and self._before_documents is not None:
                self._before_documents()
            with self.store.reading() as connection:
                return searching.run(connection, station, query, base)

        return answer(request, 200, await run_in_threadpool(work))

    async def instance(self, request: Request) -> Response:
        """``GET`` reads a record (or a version of it), ``PUT`` keeps it under its own id."""
        station = await self.station_of(request)
        kind, id_ = request.path_params["kind"], request.path_params["id"]
        if request.method != "PUT":
            check_accept(request)
            version = request.path_params.get("version")

            def look() -> Answer:
                with self.store.reading() as connection:
                    return read(connection, station, kind, id_, version)

            found = await run_in_threadpool(look)
            if request.headers.get("if-none-match") == found.etag:
                return Response(status_code=304, headers={"ETag": found.etag})
            return self._single(request, found)
        check_type(kind)
        if request.url.query:
            raise bad_request("A conditional update is not done here; give the id.", "not-supported")
        resource = await self._json(request)
        conditions = (request.headers.get("if-match"), request.headers.get("if-none-match"))

        def work() -> Answer:
            with self.store.writing() as write:
                kept = Records(write, station).put(kind, id_, resource, *conditions)
            return kept

        return self._single(request, await run_in_threadpool(work))

    async def unknown(self, request: Request) -> Response:
        """Whatever else is asked below ``/fhir``."""
        await self.station_of(request)
        if request.method in ("DELETE", "PATCH"):
            words = "Records are withdrawn with status entered-in-error, not deleted or patched."
            raise FhirProblem.one(405, "not-supported", words, headers={"Allow": "GET, POST, PUT"})
        raise FhirProblem.one(404, "not-supported", "Nothing is done at this address.")

    def _single(self, request: Request, found: Answer) -> Response:
        headers = {"ETag": found.etag, "X-Last-Updated": instant(found.updated)}
        if request.method in ("POST", "PUT"):
            headers["Location"] = f"{base_of(request)}/{found.location}"
            if "return=minimal" in request.headers.get("prefer", ""):
                return Response(status_code=found.status, headers=headers)
        return answer(request, found.status, found.body, headers)

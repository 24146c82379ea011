"""What every public page stands on: templates, security headers, forms that cannot be forged, limits by address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from vaxdesk import i18n
from vaxdesk.domain.problems import FieldProblem
from vaxdesk.i18n import N_
from vaxdesk.portal.inbound import body_of
from vaxdesk.portal.limits import Buckets, address_group
from vaxdesk.portal.outcomes import FhirProblem
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.store import Store

LANGUAGE = "vi"
COOKIE = "vaxdesk_form"
HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Uploads stay in memory (they are bounded): a list of people must not lie in a temporary file.
MultiPartParser.spool_max_size = 16 * 1024 * 1024

Handler = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """A request that gets a page with words instead of what it asked for. ``sentence`` is a message id."""

    def __init__(self, status: int, sentence: str, wait: int = 0) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.wait = wait


@dataclass
class Form:
    """A posted form: texts by name, files by name, and the random number it was made with."""

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    number: str = ""

    def get(self, name: str, default: str = "") -> str:
        """The text of a field."""
        return self.values.get(name, default)


class Web:
    """Renders pages and reads forms for one portal."""

    def __init__(self, store: Store, settings: PortalSettings) -> None:
        self.settings = settings
        self.clock = settings.clock
        self._secret = store.secret("forms")
        rate = settings.limits.address_per_minute
        self._addresses = Buckets(rate / 60, max(1, math.ceil(rate)))
        rate = settings.limits.registrations_per_minute
        self._registrations = Buckets(rate / 60, max(3, math.ceil(rate)))
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(_=self.text, words=self.words)

    @staticmethod
    def text(message_id: str, **values: object) -> str:
        """A sentence in the page's language."""
        return (
            i18n.translate(message_id, LANGUAGE).format_map(values) if values else i18n.translate(message_id, LANGUAGE)
        )

    def words(self, problem: FieldProblem) -> str:
        """A remark on a field in the page's language."""
        return self.text(problem.message, **problem.values)

    def guarded(self, handler: Handler) -> Handler:
        """Answer refusals and lost databases as pages."""

        async def wrapped(request: Request) -> Response:
            try:
                return await handler(request)
            except Refused as refused:
                status, sentence, wait = refused.status, refused.sentence, refused.wait
            except FhirProblem as problem:
                too_large = N_("What was sent is too large.")
                status, wait = problem.status, 0
                sentence = too_large if problem.status == 413 else N_("This request cannot be understood.")
            except (DBAPIError, PoolTimeoutError):
                status, sentence, wait = 503, N_("The portal is not available now. Try again in a few minutes."), 30
            return self.page(request, "refused.html", status, sentence=sentence, wait=wait)

        return wrapped

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """A page; a form in it gets its cookie and token."""
        cookie = request.cookies.get(COOKIE, "")
        fresh = not 40 <= len(cookie) <= 60
        if fresh:
            cookie = secrets.token_urlsafe(32)
        number = values.pop("form_number", "") or secrets.token_urlsafe(16)
        text = self._templates.get_template(template).render(
            form_number=number,
            form_token=self._token(cookie, number),
            practice=self.settings.practice,
            path=request.url.path,
            **values,
        )
        headers = dict(HEADERS)
        if self.settings.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if values.get("wait"):
            headers["Retry-After"] = str(values["wait"])
        response = Response(text, status, headers, media_type="text/html; charset=utf-8")
        if fresh and "form_token" in text:
            response.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=self.settings.secure, path="/")
        return response

    def _token(self, cookie: str, number: str) -> str:
        mac = hmac.new(self._secret, f"{cookie}|{number}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")

    def count(self, request: Request) -> None:
        """Count a look-up of this address. :raises Refused: 429 when it is too much."""
        self._count(self._addresses, request, 1)

    def count_registration(self, request: Request, weight: float = 1) -> None:
        """Count a registration of this address; a whole list weighs more. :raises Refused: 429."""
        self._count(self._registrations, request, weight)

    def _count(self, buckets: Buckets, request: Request, amount: float) -> None:
        wait = buckets.take(address_group(request.client.host if request.client else ""), amount)
        if wait:
            raise Refused(429, N_("Too many requests from this address. Try again in a few minutes."), wait)

    async def form(self, request: Request, limit: int = 65_536) -> Form:
        """A posted form of at most ``limit`` bytes, after it was proved to come from a page of ours.

        :raises Refused: 403 for a forged or very old form. :raises FhirProblem: 413.
        """
        origin = request.headers.get("origin")
        if origin not in (None, f"{request.url.scheme}://{request.headers.get('host', '')}"):
            raise Refused(403, N_("This form is too old, or was not opened here. Open the page again."))
        body = await body_of(request, limit, limit)

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            data = await Request(request.scope, replay).form(max_files=2, max_fields=60, max_part_size=limit)
        except MultiPartException as error:
            raise Refused(400, N_("This request cannot be understood.")) from error
        form = await self._plain(data)
        token = self._token(request.cookies.get(COOKIE, ""), form.number)
        if not form.number or not hmac.compare_digest(token.encode(), form.get("form_token").encode()):
            raise Refused(403, N_("This form is too old, or was not opened here. Open the page again."))
        return form

    async def _plain(self, data: FormData) -> Form:
        form = Form()
        for name, value in data.multi_items():
            if isinstance(value, UploadFile):
                form.files[name] = await value.read()
                await value.close()
            else:
                form.values[name] = value
        form.number = form.get("form_number")[:64]
        return form


def static(name: str, media_type: str) -> Handler:
    """A handler for a file beside the templates."""
    content = (HERE / "templates" / name).read_bytes()
    headers: Mapping[str, str] = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}

    async def handler(_request: Request) -> Response:
        return Response(content, headers=headers, media_type=media_type)

    return handler

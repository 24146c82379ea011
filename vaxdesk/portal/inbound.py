"""Taking in a request's body within its bounds, plain or gzip, and giving an answer in the form that was asked for."""

from __future__ import annotations

import asyncio
import gzip
import zlib

from starlette.requests import Request
from starlette.responses import Response

from vaxdesk.portal.outcomes import FhirProblem, bad_request

#: What a client may send on after the bound was passed, so that it gets to read the refusal.
DRAIN = 16_777_216
#: A full body over 64 kbit/s takes two minutes; whoever is slower than this holds a connection on purpose.
SECONDS = 300
FHIR_JSON = "application/fhir+json; charset=utf-8"


def _too_large(limit: int, what: str) -> FhirProblem:
    words = f"{what} is larger than this portal takes: at most {limit} bytes."
    return FhirProblem.one(413, "too-long", words, headers={"X-Max-Bytes": str(limit)})


async def body_of(request: Request, limit: int, inflated_limit: int) -> bytes:
    """The body as sent, inflated where it says gzip.

    :raises FhirProblem: 413 over a bound, 400 for broken gzip, 415 for another coding, 408 too slow.
    """
    try:
        async with asyncio.timeout(SECONDS):
            data = await _plain_body(request, limit)
    except TimeoutError as error:
        raise FhirProblem.one(408, "timeout", f"The body did not come within {SECONDS} s.") from error
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        return data
    if coding not in ("gzip", "x-gzip"):
        raise FhirProblem.one(415, "not-supported", "Content-Encoding may be gzip or identity.")
    return inflate(data, inflated_limit)


async def _plain_body(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
            if size > DRAIN:
                break
    if size > limit:
        raise _too_large(limit, "The body")
    return b"".join(chunks)


def inflate(data: bytes, limit: int) -> bytes:
    """The content of gzip ``data``, at most ``limit`` bytes; several members are joined.

    :raises FhirProblem: 413 or 400.
    """
    parts: list[bytes] = []
    size = 0
    while data:
        machine = zlib.decompressobj(wbits=31)
        try:
            part = machine.decompress(data, limit - size + 1)
        except zlib.error as error:
            raise bad_request("The body says gzip but is not.", "structure") from error
        size += len(part)
        if size > limit:
            raise _too_large(limit, "The inflated body")
        if not machine.eof:
            raise bad_request("The gzip body ends too early.", "structure")
        parts.append(part)
        data = machine.unused_data
    return b"".join(parts)


def answer(request: Request, status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """A FHIR JSON answer, compressed when the client takes gzip and it pays."""
    content = text.encode()
    all_headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding", **(headers or {})}
    if len(content) > 400 and "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, 6, mtime=0)
        all_headers["Content-Encoding"] = "gzip"
    return Response(content, status, all_headers, media_type=FHIR_JSON)


def check_media(request: Request) -> None:
    """Refuse a body or an answer in a form other than JSON: 415, 406."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in ("POST", "PUT") and sent not in ("application/fhir+json", "application/json"):
        raise FhirProblem.one(415, "not-supported", "Send application/fhir+json.")
    check_accept(request)


def check_accept(request: Request) -> None:
    """406 where the client takes nothing that this portal speaks."""
    wanted = request.headers.get("accept", "*/*").lower()
    if not any(word in wanted for word in ("json", "*/*", "application/*")):
        raise FhirProblem.one(406, "not-supported", "This portal answers in application/fhir+json.")

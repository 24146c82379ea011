"""Bodies as bytes: written once, kept, and put on the wire unchanged; and what an answer's parts say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Bytes of one entry around its body, at most.
FRAME = 400


@dataclass(frozen=True)
class Item:
    """One entry on its way. ``body`` is frozen; ``if_match`` is the version it builds on, if one is known.

    ``tries`` counts this try too; ``visit_id`` and ``person_id`` name what it depends on.
    """

    seq: int
    kind: str
    id: str
    body: bytes
    if_match: str = ""
    tries: int = 1
    visit_id: str = ""
    person_id: str = ""


def canonical(resource: Any) -> bytes:
    """The one spelling of a resource: sorted names, no blanks, UTF-8."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def digest(body: bytes) -> str:
    """SHA-256 of a body."""
    return hashlib.sha256(body).hexdigest()


def bundle(kind: str, items: Sequence[Item], base: str, own_ids: bool = True) -> bytes:
    """A ``transaction`` or ``batch`` around the frozen bodies, byte for byte as they are kept.

    ``own_ids``: the server keeps records under the ids made here (PUT); else POST with ifNoneExist.
    """
    entries = []
    for item in items:
        if own_ids:
            full_url = f"{base}/{item.kind}/{item.id}"
            request = {"method": "PUT", "url": f"{item.kind}/{item.id}"}
            if item.if_match:
                request["ifMatch"] = item.if_match
        else:
            full_url = f"urn:uuid:{item.id}"
            condition = f"identifier=urn:vaxdesk:record|{item.id}"
            request = {"method": "POST", "url": item.kind, "ifNoneExist": condition}
        entries.append(
            b'{"fullUrl":' + canonical(full_url) + b',"request":' + canonical(request) + b',"resource":' + item.body
        )
    head = b'{"resourceType":"Bundle","type":' + canonical(kind) + b',"entry":['
    return head + b"},".join(entries) + (b"}" if entries else b"") + b"]}"


def status_of(response: Any) -> int | None:
    """The number of an entry's status (``"201 Created"``), or None for what is none."""
    text = str(response.get("status", "")) if isinstance(response, dict) else ""
    return int(text[:3]) if text[:3].isdigit() and text[:3].isascii() else None


def response_of(given: Any) -> dict[str, Any]:
    """The response of an answer's entry; empty for what is none."""
    response = given.get("response") if isinstance(given, dict) else None
    return response if isinstance(response, dict) else {}


def speaks_of_another(response: dict[str, Any], item: Item, place: int) -> bool:
    """Whether an answer's entry is about another record than the one that stood in its place."""
    location = response.get("location")
    if isinstance(location, str) and location:
        parts = location.split("/")
        return not any(parts[n : n + 2] == [item.kind, item.id] for n in range(len(parts)))
    outcome = response.get("outcome")
    issues = outcome.get("issue") if isinstance(outcome, dict) else None
    for issue in issues if isinstance(issues, list) else []:
        for expression in (issue.get("expression") or []) if isinstance(issue, dict) else []:
            text = str(expression)
            if text.startswith("Bundle.entry[") and not text.startswith(f"Bundle.entry[{place}]"):
                return True
    return False


def outcome_words(outcome: Any) -> str:
    """What an OperationOutcome says, with the field it points to; never more than a few lines."""
    issues = outcome.get("issue", []) if isinstance(outcome, dict) else []
    lines = []
    for issue in issues[:5] if isinstance(issues, list) else []:
        if isinstance(issue, dict):
            expressions = issue.get("expression")
            where = ", ".join(str(item) for item in expressions[:3]) if isinstance(expressions, list) else ""
            details = issue.get("details")
            text = details.get("text") if isinstance(details, dict) else None
            said = str(issue.get("diagnostics") or text or issue.get("code", ""))
            lines.append(f"{where}: {said}" if where else said)
    return "\n".join(lines)[:1000]


def core(resource: Any) -> Any:
    """A resource without what only the server writes: version, time, narrative."""
    if not isinstance(resource, dict):
        return resource
    kept = {key: value for key, value in resource.items() if key not in ("meta", "text")}
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    return {**kept, "tag": tags} if tags else kept


def same_content(held: Any, sent: Any) -> bool:
    """Whether the server's copy says what was sent."""
    return bool(core(held) == core(sent))


def version_of(resource: Any) -> str:
    """The server's version of a resource; empty where it states none."""
    meta = resource.get("meta") if isinstance(resource, dict) else None
    return str(meta.get("versionId", "")) if isinstance(meta, dict) else ""


def version_in(etag: str) -> str:
    """The version within an ETag (``W/"3"``)."""
    return etag.strip().removeprefix("W/").strip('"')


def weak(version: str) -> str:
    """A version as the ETag that If-Match takes."""
    return f'W/"{version}"' if version else ""

"""Bundles: ``transaction`` is kept whole or not at all, ``batch`` entry by entry, each with its own answer."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from vaxdesk.portal import searching
from vaxdesk.portal.outcomes import FhirProblem, bad_request
from vaxdesk.portal.records import Answer, Records, if_none_exist, read
from vaxdesk.portal.rules import references
from vaxdesk.portal.store import Write, instant

#: FHIR R4's order of work within a transaction.
ORDER = {"POST": 1, "PUT": 2, "GET": 4, "HEAD": 4}


@dataclass
class Entry:
    """One entry as understood."""

    index: int
    method: str
    kind: str
    id: str
    query: str
    version: str | None
    resource: Any
    full_url: str
    if_match: str | None
    if_none_match: str | None
    if_none_exist: str | None


def run(write: Write, station: str, bundle: Any, base: str, largest: int, page: int, full: bool) -> str:
    """Do a transaction or a batch and give its answer as JSON text. ``full`` asks for the resources in the answer.

    :raises FhirProblem: for the whole Bundle; of a transaction also for its first bad entry.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise bad_request("A Bundle is expected here.", "structure", "resourceType")
    kind = bundle.get("type")
    if kind not in ("transaction", "batch"):
        raise bad_request("Only transaction and batch are taken.", "not-supported", "Bundle.type")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise bad_request("entry is a list.", "structure", "Bundle.entry")
    if len(entries) > largest:
        words = f"At most {largest} entries in one Bundle; this one has {len(entries)}."
        raise FhirProblem.one(413, "too-costly", words, "Bundle.entry", {"X-Max-Entries": str(largest)})
    records = Records(write, station)
    if kind == "transaction":
        answers = _transaction(records, entries, base, page, full)
    else:
        answers = [_alone(records, index, entry, base, page, full) for index, entry in enumerate(entries)]
    body = f',"entry":[{",".join(answers)}]' if answers else ""
    return f'{{"resourceType":"Bundle","id":"{uuid.uuid4()}","type":"{kind}-response"{body}}}'


def _transaction(records: Records, raw: list[Any], base: str, page: int, full: bool) -> list[str]:
    entries = [_guard(index, lambda index=index, item=item: _entry(index, item)) for index, item in enumerate(raw)]
    _once_each(entries)
    replaced = _resolve(records, entries)
    answers: dict[int, str] = {}
    # What stands in the Bundle may be pointed to from anywhere in it; should it fail, nothing of the Bundle stays.
    records.expect(
        {(entry.kind, entry.id or replaced[entry.index]) for entry in entries if entry.method in ("POST", "PUT")}
    )
    for entry in sorted(entries, key=lambda entry: (ORDER[entry.method], entry.index)):
        answers[entry.index] = _guard(entry.index, lambda entry=entry: _do(records, entry, base, page, full, replaced))
    return [answers[index] for index in range(len(entries))]


def _guard(index: int, work: Any) -> Any:
    """Run ``work``; a problem in it names the entry."""
    try:
        return work()
    except FhirProblem as problem:
        issues = [issue.under(f"Bundle.entry[{index}].resource") for issue in problem.issues]
        raise FhirProblem(problem.status, issues, problem.headers) from problem


def _alone(records: Records, index: int, item: Any, base: str, page: int, full: bool) -> str:
    part = records.connection.begin_nested()
    try:
        answer = _do(records, _entry(index, item), base, page, full, {})
        part.commit()
        return answer
    except FhirProblem as problem:
        part.rollback()
        records.forget()
        outcome = json.dumps(problem.outcome(f"Bundle.entry[{index}].resource"), ensure_ascii=False)
        return f'{{"response":{{"status":"{problem.status}","outcome":{outcome}}}}}'


def _entry(index: int, item: Any) -> Entry:
    request = item.get("request") if isinstance(item, dict) else None
    if not isinstance(request, dict):
        raise bad_request("An entry needs a request.", "required")
    method, url = request.get("method"), request.get("url")
    if method not in ORDER:
        raise FhirProblem.one(405, "not-supported", "GET, POST and PUT are done here.")
    if not isinstance(url, str) or not url:
        raise bad_request("A request needs a url.", "required")
    path, _mark, query = url.partition("?")
    parts = path.split("/")
    if len(parts) > 4 or (len(parts) > 2 and parts[2] != "_history"):
        raise bad_request("The url is relative to the base: Type, Type/id or Type?search.", "value")
    conditions = {name: request.get(name) for name in ("ifMatch", "ifNoneMatch", "ifNoneExist")}
    for name, value in conditions.items():
        if value is not None and not isinstance(value, str):
            raise bad_request(f"{name} is a text.", "structure")
    return Entry(
        index=index,
        method=method,
        kind=parts[0],
        id=parts[1] if len(parts) > 1 else "",
        query=query,
        version=parts[3] if len(parts) == 4 else None,
        resource=item.get("resource"),
        full_url=str(item.get("fullUrl", "")),
        if_match=conditions["ifMatch"],
        if_none_match=conditions["ifNoneMatch"],
        if_none_exist=conditions["ifNoneExist"],
    )


def _once_each(entries: list[Entry]) -> None:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        key = (entry.kind, entry.id)
        if entry.method == "PUT" and key in seen:
            raise bad_request("A record may stand once in a transaction.", "invalid", f"Bundle.entry[{entry.index}]")
        if entry.method == "PUT":
            seen.add(key)


def _resolve(records: Records, entries: list[Entry]) -> dict[int, str]:
    """Give new records their ids and put these where others of the Bundle name them by ``urn:uuid:``."""
    names: dict[str, str] = {}
    new_ids: dict[int, str] = {}
    for entry in entries:
        if entry.method == "PUT" and entry.id:
            names[entry.full_url] = f"{entry.kind}/{entry.id}"
        elif entry.method in ("POST", "PUT"):
            found = _existing(records, entry)
            new_ids[entry.index] = found or str(uuid.uuid4())
            names[entry.full_url] = f"{entry.kind}/{new_ids[entry.index]}"
    for entry in entries:
        for path, text, holder in references(entry.resource, entry.kind):
            if text.startswith("urn:uuid:"):
                if text not in names:
                    where = f"Bundle.entry[{entry.index}].resource.{path}"
                    raise FhirProblem.one(422, "not-found", "Nothing in this Bundle has this fullUrl.", where)
                holder["reference"] = names[text]
    return new_ids


def _existing(records: Records, entry: Entry) -> str:
    if entry.if_none_exist is None:
        return ""
    found = _guard(entry.index, lambda: records.find(entry.kind, *if_none_exist(entry.if_none_exist or "")))
    return found[0].id if len(found) == 1 else ""


def _do(records: Records, entry: Entry, base: str, page: int, full: bool, new_ids: dict[int, str]) -> str:
    if entry.method in ("GET", "HEAD"):
        if entry.id:
            found = read(records.connection, records.station, entry.kind, entry.id, entry.version)
            return f'{{"resource":{found.body},"response":{_response(found)}}}'
        query = searching.parse(entry.kind, entry.query, page)
        text = searching.run(records.connection, records.station, query, base)
        return f'{{"resource":{text},"response":{{"status":"200"}}}}'
    if entry.query or (entry.method == "POST") == bool(entry.id):
        raise bad_request("PUT takes Type/id and POST takes Type; conditions go into ifNoneExist.", "not-supported")
    if entry.method == "PUT":
        answer = records.put(entry.kind, entry.id, entry.resource, entry.if_match, entry.if_none_match)
    else:
        answer = records.post(entry.kind, entry.resource, entry.if_none_exist, new_ids.get(entry.index))
    if full:
        return f'{{"resource":{answer.body},"response":{_response(answer)}}}'
    return f'{{"response":{_response(answer)}}}'


def _response(answer: Answer) -> str:
    moment = instant(answer.updated)
    status = "201 Created" if answer.status == 201 else "200 OK"
    etag = f'W/\\"{answer.version}\\"'
    return f'{{"status":"{status}","location":"{answer.location}","etag":"{etag}","lastModified":"{moment}"}}'

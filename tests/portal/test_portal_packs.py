"""The portal's campaign files: checked before they are published, read with a token, in parts, and never written."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from fhir.resources.R4B import get_fhir_model_class
from support import campaign_files
from support.portal import PortalProcess, running_portal

from vaxdesk.certificates.authority import Authority
from vaxdesk.clock import FixedClock
from vaxdesk.errors import KnownError
from vaxdesk.portal import __main__ as portal_main
from vaxdesk.portal import packs
from vaxdesk.portal.command import add_parser
from vaxdesk.portal.rules_of_day import RulesOfDay
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.store import Store


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory):
    """A portal with an authority, for this file alone: its list of campaign files is looked at whole."""
    folder = tmp_path_factory.mktemp("packs")
    Authority.create(folder / "keys", "Sở Y tế Sơn La")
    with running_portal(folder, "--rate", "5000", authority=folder / "keys") as portal:
        yield portal


def act(portal: PortalProcess, *arguments: object, code: int = 0) -> dict:
    """An administrator's act beside the running portal."""
    places = ["--json", "--database", portal.database, "--authority", str(portal.authority)]
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert portal_main.main([*places, *map(str, arguments)]) == code
    return json.loads(told.getvalue())


@pytest.fixture(scope="module")
def session(portal: PortalProcess):
    with requests.Session() as made:
        made.headers["Authorization"] = f"Bearer {portal.station('14001')}"
        yield made


def listed(portal: PortalProcess, session: requests.Session, **wanted: str) -> list[dict]:
    answer = session.get(f"{portal.fhir}/Library", params=wanted, timeout=20)
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json()["entry"]]


def test_a_pack_is_signed_published_listed_and_withdrawn(
    portal: PortalProcess, session: requests.Session, tmp_path: Path
) -> None:
    pack = campaign_files.folder(tmp_path, "two-dose-grace", "1.3", "2026-12-01")
    out = tmp_path / "new.vaxpack"
    assert act(portal, "pack", "sign", pack, "--out", out)["bytes"] == out.stat().st_size
    told = act(portal, "pack", "publish", out)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert (told["code"], told["version"], told["valid_from"], told["status"], told["sha256"]) == (
        "two-dose-grace",
        "1.3",
        "2026-12-01",
        "offered",
        digest,
    )
    assert act(portal, "pack", "publish", out) == told, "the same file again changes nothing"
    (row,) = listed(portal, session, version="1.3")
    get_fhir_model_class("Library").model_validate(row)
    assert (row["url"], row["status"], row["effectivePeriod"]["start"], row["publisher"]) == (
        "urn:vaxdesk:campaign:two-dose-grace",
        "active",
        "2026-12-01",
        "Sở Y tế Sơn La",
    )
    (content,) = row["content"]
    assert session.get(content["url"], timeout=20).content == out.read_bytes()
    assert content["size"] == out.stat().st_size
    assert session.get(f"{portal.fhir}/Library/{digest}", timeout=20).json() == row
    with pytest.raises(KnownError, match="not published here"):
        act_raw(portal, "pack", "withdraw", "two-dose-grace", "9.9")
    gone = act(portal, "pack", "withdraw", "two-dose-grace", "1.3")
    assert gone["status"] == "withdrawn"
    (row,) = listed(portal, session, version="1.3")
    assert row["status"] == "retired"
    assert "url" not in row["content"][0]
    assert session.get(content["url"], timeout=20).status_code == 404
    assert {one["status"] for one in act(portal, "pack", "list")["packs"]} >= {"withdrawn"}
    assert act(portal, "pack", "publish", out)["status"] == "offered", "and can be offered once more"


def act_raw(portal: PortalProcess, *arguments: object) -> None:
    """An act in this process, whose error is looked at."""
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    add_parser(parser.add_subparsers())
    places = ["--database", portal.database, "--authority", str(portal.authority)]
    from vaxdesk.portal import command

    args = parser.parse_args(["--json", "portal", *places, *map(str, arguments)])
    command.run(args)


def test_what_is_not_the_authority_s_or_not_a_pack_is_not_published(
    portal: PortalProcess, session: requests.Session, tmp_path: Path
) -> None:
    before = act(portal, "pack", "list")
    stranger = Authority.create(tmp_path / "other", "Ai đó")
    practice = Authority.create(tmp_path / "practice", "Tập huấn", practice=True)
    own = Authority.open(portal.authority)
    pack = campaign_files.folder(tmp_path, "two-dose-grace", "1.4", "2026-12-01")
    for authority in (stranger, practice):
        with pytest.raises(KnownError, match="not signed by the authority"):
            act_raw(portal, "pack", "publish", campaign_files.signed(pack, authority))
    file = tmp_path / "x.vaxpack"
    for data in (b"", b"VAXPACK1", campaign_files.around(b"no archive", own)):
        file.write_bytes(data)
        with pytest.raises(KnownError):
            act_raw(portal, "pack", "publish", file)
    # An example that does not come out as it says: the authority's own signature does not help.
    good = campaign_files.signed(pack, own)
    act(portal, "pack", "publish", good)
    other = campaign_files.folder(tmp_path, "two-dose-grace", "1.4", "2026-12-01", extra="\n# other\n")
    with pytest.raises(KnownError, match="already published with other content"):
        act_raw(portal, "pack", "publish", campaign_files.signed(other, own))
    broken = campaign_files.folder(tmp_path, "two-dose-grace", "1.5", "2026-12-01")
    plan = (broken / "schedule.toml").read_text(encoding="utf-8")
    plan = plan.replace('interval = "14 days"', 'interval = "40 days"')
    (broken / "schedule.toml").write_text(plan, encoding="utf-8")
    with pytest.raises(KnownError, match="errors"):
        act_raw(portal, "pack", "sign", broken, "--out", tmp_path / "never.vaxpack")
    assert not (tmp_path / "never.vaxpack").exists()
    assert len(act(portal, "pack", "list")["packs"]) == len(before["packs"]) + 1


def test_nothing_is_sent_twice_and_a_part_goes_on_where_it_was(
    portal: PortalProcess, session: requests.Session, tmp_path: Path
) -> None:
    file = campaign_files.signed(
        campaign_files.folder(tmp_path, "two-dose-grace", "1.6", "2027-01-01"), Authority.open(portal.authority)
    )
    act(portal, "pack", "publish", file)
    data = file.read_bytes()
    first = session.get(f"{portal.fhir}/Library", timeout=20)
    again = session.get(f"{portal.fhir}/Library", headers={"If-None-Match": first.headers["ETag"]}, timeout=20)
    assert (again.status_code, again.content) == (304, b"")
    url = next(row["content"][0]["url"] for row in listed(portal, session, version="1.6"))
    whole = session.get(url, timeout=20)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert session.get(url, headers={"If-None-Match": whole.headers["ETag"]}, timeout=20).status_code == 304
    half = len(data) // 2
    rest = session.get(url, headers={"Range": f"bytes={half}-"}, timeout=20)
    assert (rest.status_code, rest.content) == (206, data[half:])
    assert rest.headers["Content-Range"] == f"bytes {half}-{len(data) - 1}/{len(data)}"
    some = session.get(url, headers={"Range": "bytes=0-9"}, timeout=20)
    assert (some.status_code, some.content) == (206, data[:10])
    assert session.get(url, headers={"Range": f"bytes={len(data)}-"}, timeout=20).status_code == 416
    for odd in ("bytes=-5", "bytes=5-2", "lines=1-2", "bytes=1-2,4-5", "bytes=99999999999-"):
        assert session.get(url, headers={"Range": odd}, timeout=20).status_code in (200, 416)
    stale = session.get(url, headers={"Range": "bytes=5-", "If-Range": '"another"'}, timeout=20)
    assert (stale.status_code, stale.content) == (200, data)
    act(portal, "pack", "withdraw", "two-dose-grace", "1.6")
    changed = session.get(f"{portal.fhir}/Library", headers={"If-None-Match": first.headers["ETag"]}, timeout=20)
    assert changed.status_code == 200


def test_nobody_reads_without_a_token_and_nobody_writes(portal: PortalProcess, session: requests.Session) -> None:
    for path in ("fhir/Library", f"fhir/Library/{'0' * 64}", f"packs/{'0' * 64}"):
        assert requests.get(f"{portal.url}/{path}", timeout=20).status_code == 401
    for path in (f"fhir/Library/{'0' * 64}", f"packs/{'0' * 64}", "packs/..%2f..%2fetc"):
        assert session.get(f"{portal.url}/{path}", timeout=20).status_code == 404
    body = {"resourceType": "Library", "id": "x", "status": "active", "type": {"text": "x"}}
    headers = {"Content-Type": "application/fhir+json"}
    url = f"{portal.fhir}/Library"
    assert session.post(url, json=body, headers=headers, timeout=20).status_code == 405
    assert session.put(f"{url}/x", json=body, headers=headers, timeout=20).status_code == 405
    assert session.delete(f"{url}/x", timeout=20).status_code == 405
    entry = {"resource": body, "request": {"method": "PUT", "url": "Library/x"}}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    answer = session.post(portal.fhir, json=bundle, headers=headers, timeout=20).json()
    assert answer["entry"][0]["response"]["status"].startswith("4")
    for query in ("?_lastUpdated=ge2020-01-01", "?version=", "?version=1&version=2"):
        assert session.get(url + query, timeout=20).status_code == 400
    assert listed(portal, session, status="draft") == []


def test_the_statement_names_what_is_read_only(portal: PortalProcess) -> None:
    statement = requests.get(f"{portal.fhir}/metadata", timeout=20).json()
    get_fhir_model_class("CapabilityStatement").model_validate(statement)
    (library,) = (item for item in statement["rest"][0]["resource"] if item["type"] == "Library")
    assert {one["code"] for one in library["interaction"]} == {"read", "search-type"}


def test_the_portal_judges_by_what_it_publishes(tmp_path: Path) -> None:
    """The same rules for the national code and the public page as for the stations."""
    own = Authority.create(tmp_path / "keys", "Sở Y tế Sơn La")
    clock = FixedClock(datetime(2026, 11, 21, 1, tzinfo=UTC))
    settings = PortalSettings(f"sqlite:///{tmp_path / 'portal.db'}", clock=clock)
    store = Store(settings.database_url, settings.clock)
    rules = RulesOfDay(store, settings)
    shipped = rules()
    assert rules() is shipped
    coming = campaign_files.signed(campaign_files.folder(tmp_path, "covid19", "2999.2", "2026-12-01"), own)
    now = campaign_files.signed(campaign_files.folder(tmp_path, "covid19", "2999.1", "2026-11-01"), own)
    other = campaign_files.signed(campaign_files.folder(tmp_path, "two-dose-grace", "1.3", "2026-11-01"), own)
    for file in (coming, other):
        packs.publish(store, own, file)
    assert rules().version == shipped.version
    packs.publish(store, own, now)
    assert rules().version == "2999.1"
    assert rules() is rules()
    packs.withdraw(store, "covid19", "2999.1")
    assert rules().version == shipped.version
    store.close()

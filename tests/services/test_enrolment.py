"""The authority's answer: taken whole, from the right authority, for this station, this mode and this key only."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.station import MORNING, TestStation, make_station

from vaxdesk import settings as options
from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import AuditEntry, Setting, SignedList
from vaxdesk.errors import FieldError, InputError, KnownError, RefusedError
from vaxdesk.services import enrolment, setup, signing
from vaxdesk.services.setup import SetUp

SYNC = {"portal_url": "https://cong.example.vn", "token": "secret-token"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestStation:
    """A station that waits for its certificate; what is refused leaves it as it is."""
    return make_station(tmp_path_factory.mktemp("waiting"))


def request(station: TestStation) -> dict[str, Any]:
    return dict(json.loads(station.ctx.paths.key_request.read_text(encoding="utf-8")))


def answer(station: TestStation, authority: Authority | None = None) -> dict[str, Any]:
    return (authority or station.authority).answer(request(station), sync=SYNC, at=station.clock.now())


def enrol(station: TestStation, document: dict[str, Any]) -> enrolment.Enrolled:
    found = enrolment.look(station.ctx, document)
    return enrolment.import_answer(station.ctx, document, found.root_fingerprint)


def untouched(station: TestStation) -> bool:
    state = signing.state(station.ctx)
    return station.rows(SignedList) == [] and not state.certified and state.waiting


def test_the_first_answer_pins_the_authority_after_its_fingerprint_was_compared(tmp_path: Path) -> None:
    station = make_station(tmp_path)
    document = answer(station)
    for typed in ("", "0000 1111"):
        with pytest.raises(FieldError) as refused:
            enrolment.import_answer(station.ctx, document, typed)
        assert refused.value.field == "fingerprint"
        assert untouched(station)
    shown = enrolment.look(station.ctx, document).root_fingerprint
    done = enrolment.import_answer(station.ctx, document, shown.lower().replace(" ", ""))
    assert (done.first, done.portal_url) == (True, SYNC["portal_url"])
    assert done.valid_until > station.clock.now() + timedelta(days=300)
    assert signing.state(station.ctx).certified
    assert {row.kind for row in station.rows(SignedList)} == {signing.ROOT, signing.TRUST, signing.REVOCATION}
    assert station.ctx.setting(options.PORTAL_TOKEN) == "secret-token"
    assert not [row for row in station.rows(AuditEntry) if "secret-token" in str(row.detail)]
    again = enrolment.import_answer(station.ctx, document)
    assert not again.first
    station.database.close()


def test_an_answer_of_another_authority_is_refused_for_good(tmp_path: Path) -> None:
    station = make_station(tmp_path)
    enrol(station, answer(station))
    other = Authority.create(tmp_path / "other", "Sở Y tế khác", at=MORNING)
    with pytest.raises(KnownError, match="another authority"):
        enrolment.look(station.ctx, answer(station, other))
    body = other.trust_list(station.clock.now())
    with pytest.raises(KnownError, match="not signed by the authority"):
        enrolment.import_list(station.ctx, body)
    station.database.close()


def test_an_answer_for_another_station_or_mode_is_refused(made: TestStation, tmp_path: Path) -> None:
    neighbour = make_station(tmp_path / "neighbour", authority=made.authority)
    with pytest.raises(KnownError):
        enrolment.look(made.ctx, answer(neighbour))
    practice = make_station(tmp_path / "practice", practice=True)
    with pytest.raises(RefusedError, match="Practice"):
        made.authority.answer(request(practice), at=made.clock.now())
    mixed = answer(made) | {"practice": True}
    with pytest.raises(KnownError):
        enrolment.look(made.ctx, mixed)
    with pytest.raises(KnownError):
        enrolment.look(made.ctx, answer(practice))
    assert untouched(made)
    for station in (neighbour, practice):
        station.database.close()


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document that holds a value."""
    if isinstance(document, dict):
        return [place for key, value in document.items() for place in places(value, (*path, key))]
    if isinstance(document, list):
        return [place for key, value in enumerate(document) for place in places(value, (*path, key))]
    return [path]


def tampered(data: st.DataObject, document: dict[str, Any]) -> dict[str, Any]:
    """The document with one value changed; the same where the change means nothing."""
    place = data.draw(st.sampled_from(places(document)))
    changed = copy.deepcopy(document)
    inside = changed
    for key in place[:-1]:
        inside = inside[key]
    old = inside[place[-1]]
    if isinstance(old, str) and old:
        at = data.draw(st.integers(0, len(old) - 1))
        letter = data.draw(st.sampled_from("0aZ/="))
        inside[place[-1]] = old[:at] + letter + old[at + 1 :]
    else:
        inside[place[-1]] = data.draw(st.sampled_from([None, 7, "x", [], {}]))
    return changed


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_changed_answer_is_refused_whatever_was_changed(made: TestStation, data: st.DataObject) -> None:
    document = answer(made)
    fingerprint = enrolment.look(made.ctx, document).root_fingerprint
    changed = tampered(data, document)
    try:
        found = enrolment.look(made.ctx, changed)
    except KnownError:
        with pytest.raises(KnownError):
            enrolment.import_answer(made.ctx, changed, fingerprint)
        assert untouched(made)
    else:
        # What may differ is only how the same bytes are written.
        assert found == enrolment.look(made.ctx, document)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_changed_request_gets_no_certificate(made: TestStation, data: st.DataObject) -> None:
    document = request(made)
    changed = tampered(data, document)
    if changed == document:
        return
    before = len(made.authority.stations())
    with pytest.raises(KnownError):
        made.authority.answer(changed, at=made.clock.now())
    assert len(made.authority.stations()) == before


@pytest.mark.parametrize("text", ["", "[]", "{", "42", "\x00\xff", '{"a":' * 100_000])
def test_a_file_that_is_no_answer_is_bad_input(made: TestStation, tmp_path: Path, text: str) -> None:
    path = tmp_path / "answer.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="not an authority's answer"):
        enrolment.read_file(path)
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError):
        enrolment.read_file(path)
    with pytest.raises(InputError, match="cannot be read"):
        enrolment.read_file(tmp_path / "nothing")


def test_an_older_list_does_not_replace_a_newer_one(station: TestStation) -> None:
    old = station.row(SignedList, kind=signing.REVOCATION)
    station.authority.revoke_code("URN:UVCI:01:VN:118/01/X#A")
    newer = station.authority.revocation_list(station.clock.now() + timedelta(hours=1))
    assert enrolment.import_list(station.ctx, newer) == signing.REVOCATION
    assert enrolment.import_list(station.ctx, newer) == signing.REVOCATION
    held = station.row(SignedList, kind=signing.REVOCATION)
    assert held.number > old.number
    with pytest.raises(RefusedError, match="older"):
        enrolment.import_list(station.ctx, old.body)
    assert station.row(SignedList, kind=signing.REVOCATION).number == held.number


@pytest.mark.parametrize("body", [b"", b"\xd2\x84", b"HC1:", bytes(1000)])
def test_what_is_no_list_is_refused(station: TestStation, body: bytes) -> None:
    with pytest.raises(InputError):
        enrolment.import_list(station.ctx, body)


def test_a_station_before_its_enrolment_takes_no_list(made: TestStation) -> None:
    with pytest.raises(RefusedError, match="first"):
        enrolment.import_list(made.ctx, made.authority.trust_list(made.clock.now()))
    assert signing.trust(made.ctx) is None


def test_an_address_that_is_not_https_enters_by_no_way(made: TestStation) -> None:
    document = made.authority.answer(
        request(made), sync={"portal_url": "http://cong.example.vn", "token": "t"}, at=made.clock.now()
    )
    fingerprint = enrolment.look(made.ctx, document).root_fingerprint
    with pytest.raises(FieldError) as refused:
        enrolment.import_answer(made.ctx, document, fingerprint)
    assert refused.value.field == "portal_url"
    assert untouched(made)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://cong.example.vn", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:1/", True),
        ("http://[::1]:80", True),
        ("http://127.0.0.1.example.vn", False),
        ("http://localhost.example.vn", False),
        ("ftp://cong.example.vn", False),
        ("https://", False),
        ("cong.example.vn", False),
    ],
)
def test_plain_http_only_on_this_computer(url: str, good: bool) -> None:
    if good:
        setup.check_portal_url(url)
    else:
        with pytest.raises(FieldError):
            setup.check_portal_url(url)


# set-up


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "Trạm1"}, "code"),
        ({"code": "1" * 13}, "code"),
        ({"code": "1/2"}, "code"),
        ({"code": "Qg"}, "code"),
        ({"name": " "}, "name"),
        ({"commune_code": ""}, "commune"),
        ({"desk": "12345"}, "desk"),
        ({"desk": "a b"}, "desk"),
        ({"portal_url": "http://x.vn"}, "portal_url"),
    ],
)
def test_a_set_up_that_does_not_fit_is_refused_by_field_before_anything_is_written(
    made: TestStation, tmp_path: Path, change: dict, field: str
) -> None:
    from dataclasses import replace

    from vaxdesk.paths import StationPaths
    from vaxdesk.services import packs

    command: SetUp = replace(made.set_up, **change)
    with pytest.raises(FieldError) as refused:
        setup.set_up_station(StationPaths(tmp_path / "s"), command, packs.loader())
    assert refused.value.field == field
    assert not (tmp_path / "s").exists()


def test_a_station_is_not_set_up_over_another_nor_over_one_whose_key_file_is_lost(made: TestStation) -> None:
    from vaxdesk.services import packs

    paths = made.ctx.paths
    with pytest.raises(KnownError, match="already set up"):
        setup.set_up_station(paths, made.set_up, packs.loader())
    kept = paths.key_slots.read_bytes()
    paths.key_slots.unlink()
    before = paths.database.stat().st_size
    with pytest.raises(KnownError, match="without its key file"):
        setup.set_up_station(paths, made.set_up, packs.loader())
    assert paths.database.stat().st_size == before
    paths.key_slots.write_bytes(kept)
    assert made.rows(Setting)


def test_the_recovery_sheet_is_confirmed_by_one_of_its_groups(made: TestStation) -> None:
    parts = made.recovery.split("-")
    assert len(parts) == 7
    assert setup.confirm_recovery(made.recovery, 3, f" {parts[2].lower()} ")
    for group, typed in ((3, parts[3]), (0, parts[0]), (8, parts[6]), (1, "")):
        assert not setup.confirm_recovery(made.recovery, group, typed) or parts[2] == parts[3]


def test_nothing_secret_stands_in_the_request(made: TestStation) -> None:
    text = made.ctx.paths.key_request.read_text(encoding="utf-8")
    assert "PRIVATE" not in text
    assert set(request(made)) >= {"code", "name", "station_id", "practice"}
    assert made.database.key.hex() not in text
    assert made.recovery not in text

"""Bounds: size, inflated size, entries, rate; gzip both ways; and an orderly stop."""

from __future__ import annotations

import contextlib
import gzip
import json
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from support.citizen import Citizen
from support.fhir_samples import bundle, patient, put_entry, visit
from support.portal import running_portal, start_portal

from vaxdesk.domain import personal_code
from vaxdesk.portal import __main__ as portal_main
from vaxdesk.portal.inbound import inflate
from vaxdesk.portal.limits import Buckets, address_group
from vaxdesk.portal.outcomes import FhirProblem
from vaxdesk.portal.server import listen

JSON = {"Content-Type": "application/fhir+json"}


def test_gzip_is_taken_and_given(station):
    records = [record for _ in range(10) for record in visit()]
    body = json.dumps(bundle("batch", *(put_entry(record) for record in records))).encode()
    packed = gzip.compress(body)
    answer = station.post("", data=packed, headers=JSON | {"Content-Encoding": "gzip"}, stream=True)
    raw = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    given_back = json.loads(gzip.decompress(raw))
    assert len(given_back["entry"]) == 50
    assert len(packed) < len(body) / 8
    plain = station.get("Patient?_count=5", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_bad_gzip_is_told(station):
    for data in (b"plain", gzip.compress(b"{}")[:-4], b""):
        answer = station.post("", data=data, headers=JSON | {"Content-Encoding": "gzip"})
        assert answer.status_code == 400


def test_too_large_is_told_with_the_bound(station):
    large = patient(text={"status": "generated", "div": "x" * 1_100_000})
    answer = station.put(f"Patient/{large['id']}", json=large)
    assert answer.status_code == 413
    assert answer.headers["X-Max-Bytes"] == "1048576"
    assert "1048576" in answer.json()["issue"][0]["diagnostics"]
    bomb = gzip.compress(b" " * 50_000_000)
    answer = station.post("", data=bomb, headers=JSON | {"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    many = station.post("", json=bundle("batch", *[{"request": {"method": "GET", "url": "Patient/1"}}] * 501))
    assert many.status_code == 413
    assert "500" in many.json()["issue"][0]["diagnostics"]
    assert station.get("Patient").status_code == 200


@given(st.binary(max_size=300))
def test_inflating_anything_gives_bytes_or_a_refusal(data):
    assert inflate(gzip.compress(data) + gzip.compress(data), 1000) == data + data
    with contextlib.suppress(FhirProblem):
        inflate(data, 1000)


def test_buckets_refill_and_stay_few():
    now = [0.0]
    buckets = Buckets(rate=2, size=3, most=2, now=lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 1]
    now[0] = 0.5
    assert [buckets.take("a"), buckets.take("a")] == [0, 1]
    assert buckets.take("big", 7) == 2
    for name in ("b", "c", "d"):
        assert buckets.take(name) == 0
    assert len(buckets._levels) == 2
    assert address_group("2001:db8:1:2:3:4:5:6") == address_group("2001:db8:1:2::9")
    assert address_group("::ffff:10.1.2.3") == address_group("10.1.2.3") == "10.1.2.3"


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A portal that allows little, and has no authority."""
    with running_portal(tmp_path_factory.mktemp("narrow"), "--rate", "0.5", "--public-rate", "6") as portal:
        yield portal


def test_a_hurried_station_is_told_to_wait(narrow):
    headers = {"Authorization": f"Bearer {narrow.station('14001')}"}
    calm = {"Authorization": f"Bearer {narrow.station('14002')}"}
    answers = [requests.get(f"{narrow.fhir}/Patient", headers=headers, timeout=10) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 2
    assert answers[2].json()["issue"][0]["code"] == "throttled"
    assert requests.get(f"{narrow.fhir}/Patient", headers=calm, timeout=10).status_code == 200


def test_an_address_is_limited_on_the_public_page(narrow):
    hasty, calm = Citizen(narrow), Citizen(narrow)

    def look_up(citizen):
        citizen.open("/tra-cuu")
        return citizen.fill("/tra-cuu", {"code": personal_code.new_code(), "birth": "1972"}).status

    assert [look_up(hasty) for _ in range(8)] == [200] * 6 + [429] * 2
    assert look_up(calm) == 200
    hasty.close()
    calm.close()


def test_without_an_authority_nothing_is_signed_or_checked(narrow):
    citizen = Citizen(narrow)
    assert citizen.open("/kiem-tra").status == 404
    assert "/kiem-tra" not in citizen.open("/").page
    assert citizen.open("/lists/trust").status == 404
    citizen.close()


def test_it_stops_when_told_keeps_what_it_said_and_comes_back(tmp_path):
    portal = start_portal(tmp_path)
    token = portal.station("14001")
    person = patient()
    headers = {"Authorization": f"Bearer {token}"}
    kept = requests.put(f"{portal.fhir}/Patient/{person['id']}", json=person, headers=headers, timeout=10)
    assert kept.status_code == 201
    portal.process.send_signal(signal.SIGTERM)
    assert portal.stop() == 0
    again = start_portal(tmp_path)
    try:
        found = requests.get(f"{again.fhir}/Patient/{person['id']}", headers=headers, timeout=10)
        assert found.content == kept.content
    finally:
        again.kill()


def test_what_it_confirmed_survives_a_power_cut(tmp_path):
    portal = start_portal(tmp_path, "--rate", "5000")
    headers = {"Authorization": f"Bearer {portal.station('14001')}"}
    confirmed: list[str] = []

    def work() -> None:
        with requests.Session() as session, contextlib.suppress(requests.RequestException):
            session.headers.update(headers)
            while True:
                records = visit()
                sent = bundle("transaction", *(put_entry(record) for record in records))
                answer = session.post(portal.fhir, json=sent, timeout=10)
                if answer.status_code == 200:
                    confirmed.append(records[0]["id"])
                if len(confirmed) == 12:
                    portal.process.kill()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    portal.stop()
    with running_portal(tmp_path, "--rate", "5000") as again, requests.Session() as session:
        session.headers.update(headers)
        held = [one["resource"]["id"] for one in session.get(f"{again.fhir}/Patient?_count=500").json()["entry"]]
        doses = session.get(f"{again.fhir}/Immunization?_summary=count", timeout=10).json()["total"]
    assert set(confirmed) <= set(held)
    assert len(held) == len(set(held)) == doses, "a visit is there whole or not at all"


def test_answers_do_not_wait_for_nagle():
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP, "asyncio sends at once only where the protocol is named"


def test_plain_http_stays_on_this_machine(tmp_path, capsys):
    database = f"sqlite:///{tmp_path / 'portal.db'}"
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        assert portal_main.main(["--database", database, "--host", host, "--port", "0"]) == 2
        assert "TLS" in capsys.readouterr().err
    assert not (tmp_path / "portal.db").exists()
    missing = ["--database", database, "--host", "0.0.0.0", "--tls-cert", "no.pem", "--tls-key", "no.pem"]
    assert portal_main.main(missing) == 2


def test_with_a_certificate_it_speaks_tls(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(9))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem, key_file = tmp_path / "tls.pem", tmp_path / "tls.key"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with running_portal(tmp_path, "--tls-cert", str(pem), "--tls-key", str(key_file)) as portal:
        assert portal.url.startswith("https://")
        address = portal.url.replace("127.0.0.1", "localhost")
        close = {"Connection": "close"}
        statement = requests.get(f"{address}/fhir/metadata", headers=close, verify=str(pem), timeout=10).json()
        assert statement["implementation"]["url"] == f"{address}/fhir"
        page = requests.get(f"{address}/tra-cuu", headers=close, verify=str(pem), timeout=10)
        assert page.headers["Strict-Transport-Security"].startswith("max-age=")
        assert "Secure" in page.headers["Set-Cookie"]


def test_mistaken_starts_are_worded(tmp_path):
    def refused(*arguments: str) -> int:
        return portal_main.main(list(arguments))

    database = f"sqlite:///{tmp_path / 'portal.db'}"
    assert refused("--database", "mysql://x/y", "--port", "0") == 2
    assert refused("--database", f"sqlite:///{tmp_path}/none/portal.db", "--port", "0") == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert refused("--database", database, "--port", str(taken.getsockname()[1])) == 2
    assert refused("--database", database, "station", "code", "unknown") == 2
    assert refused("--database", database, "--practice", "station", "code", "14001") == 1
    done = subprocess.run([sys.executable, "-m", "vaxdesk.portal", "--rate", "0"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip()


@pytest.mark.parametrize("host", ["a/b", 'x"y', "a b"])
def test_an_odd_host_header_is_not_repeated(portal_process, host):
    answer = requests.get(f"{portal_process.fhir}/metadata", headers={"Host": host}, timeout=10)
    assert answer.status_code == 400
    assert host not in answer.text

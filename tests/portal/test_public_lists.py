"""An organisation's list on the public page: row by row accepted, doubtful or refused."""

from __future__ import annotations

import io
import re

import pytest

TABLE = """STT;Họ và tên;Ngày sinh;Giới tính;Số điện thoại;Số CCCD;Nhóm ưu tiên
1;Lò Thị Hoa;07/09/1972;Nữ;0912345678;014172005678;15
2;Cầm Văn Bình;1/2/85;Nam;0911222333;;
3;Vì Văn Sơn;03/04/1990;Nam;911222333;14090000111;99
4;Lò Thị Hoa;07/09/1972;Nữ;0912345678;014172005678;
5;;1980;Nam;0911222333;;
6;Nguyễn Thị Lan;1988;nữ;;;
7;Lò Văn Bé;5/6/2015;Nam;0911222333;;
"""
ORGANISATION = {"organisation": "Công ty May Sông Mã", "contact": "Quàng Văn Minh", "phone": "0987654321"}


def verdicts(page):
    return re.findall(r'<li class="(ok|warn|bad)">\s*<p class="top">', page)


def test_an_organisations_list_is_judged_row_by_row(citizen, station):
    path = f"/danh-sach/{station.code}"
    citizen.open(path)
    citizen.fill(path, ORGANISATION | {"table": TABLE}, step="check")
    assert verdicts(citizen.page) == ["ok", "bad", "warn", "warn", "bad", "warn", "bad"]
    assert "entry" not in station.get("Patient").json(), "looking at the rows registers nobody"
    fields = citizen.hidden | {"table": TABLE}
    citizen.fill(path, fields, step="register")
    assert len(citizen.codes) == 1
    citizen.open(path)
    citizen.fill(path, ORGANISATION | {"table": TABLE}, step="check")
    citizen.fill(path, {"table": TABLE}, step="register", doubtful="1")
    assert len(citizen.codes) == 4
    people = [entry["resource"] for entry in station.get("Patient").json()["entry"]]
    assert len(people) == 5
    son = next(person for person in people if person["name"][0]["text"] == "Vì Văn Sơn")
    assert {item["value"] for item in son["identifier"]} >= {"014090000111"}, "Excel's lost zero is put back"
    comment = station.get("Appointment").json()["entry"][0]["resource"]["comment"]
    assert "Công ty May Sông Mã" in comment
    assert "0987654321" in comment
    assert "entry" not in station.get("Consent").json()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("utf8.csv", TABLE.encode("utf-8-sig")),
        ("unicode.txt", TABLE.replace(";", "\t").encode("utf-16")),
        ("comma.csv", TABLE.replace(";", ",").encode()),
    ],
)
def test_a_list_may_be_uploaded_as_excel_writes_it(citizen, station, name, content):
    path = f"/danh-sach/{station.code}"
    citizen.open(path)
    citizen.fill(path, ORGANISATION, files={"file": (name, io.BytesIO(content))}, step="check")
    assert verdicts(citizen.page) == ["ok", "bad", "warn", "warn", "bad", "warn", "bad"]


def test_a_list_that_cannot_be_read_says_why(citizen, station):
    path = f"/danh-sach/{station.code}"
    for table, file, status in (
        ("", None, 422),
        ("Họ và tên;Ngày sinh", None, 422),
        ("x;1980;Nam\n" * 501, None, 422),
        ("", "Lò Thị Hoa;1972;Nữ".encode("cp1258", "replace") + b"\xd2\xff", 422),
        ("", b"x" * 400_000, 422),
        ("", b"x" * 700_000, 413),
    ):
        citizen.open(path)
        files = {"file": ("list.csv", io.BytesIO(file))} if file else None
        citizen.fill(path, ORGANISATION | {"table": table}, files=files, step="check")
        assert citizen.status == status
    citizen.open(path)
    assert citizen.fill(path, {"table": TABLE}, step="check").status == 422

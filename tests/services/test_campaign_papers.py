"""What a campaign issues follows its pack: a campaign without a DCC code gives a paper with the personal code."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from support.station import TestStation

from vaxdesk.campaigns.load import load
from vaxdesk.db.tables import Certificate, Person
from vaxdesk.domain.campaign import Campaign, Paper
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import RefusedError
from vaxdesk.services import certificates, doses
from vaxdesk.services.context import Context

PACK = Path(__file__).parents[1] / "campaigns" / "packs" / "measles-rubella"


def words(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    found = " ".join(document[0].get_textpage().get_text_bounded().split())
    document.close()
    return found


def picture(data: bytes) -> object:
    document = pypdfium2.PdfDocument(data)
    found = document[0].render(scale=200 / 72, grayscale=True).to_numpy().copy()
    document.close()
    return found


def measles(station: TestStation, **changes: object) -> Context:
    """The station at work on measles and rubella; ``changes`` are of the paper in the pack."""
    pack = load(PACK)
    papers = tuple(replace(paper, **changes) for paper in pack.papers) if changes else pack.papers
    campaign = with_papers(pack, papers)
    ctx = station.ctx
    return replace(
        ctx,
        station=replace(ctx.station, campaign="measles-rubella"),
        load_campaign=lambda _code, _day: campaign,
        views=[],
    )


def with_papers(pack: Campaign, papers: tuple[Paper, ...]) -> Campaign:
    return replace(pack, papers=papers)


def child(station: TestStation, ctx: Context, *days: date) -> str:
    person = station.person(
        full_name="Lò Thị Bé", birth=PartialDate(2025, 1, 15), sex="female", national_id="",
        guardian_name="Lò Thị Mẹ", guardian_relation="mother", guardian_phone="0912345678",
    )  # fmt: skip
    for day in days:
        dose = doses.EarlierDose(
            person.person_id, "measles-rubella", PartialDate(day.year, day.month, day.day), "paper"
        )
        doses.record_earlier(ctx, dose)
    return person.person_id


def test_the_paper_carries_the_personal_code_and_the_packs_words(station: TestStation) -> None:
    ctx = measles(station)
    person_id = child(station, ctx, date(2026, 3, 1))
    issued = certificates.issue(ctx, person_id)
    row = station.row(Certificate, id=issued.certificate_id)
    assert (row.kind, row.uvci, row.hc1, row.no_code_reasons) == ("paper", "", "", ["campaign"])
    assert "châu Âu" in issued.no_code_reasons[0]
    data = certificates.pdf(ctx, [issued.certificate_id], "A5")
    found = words(data)
    for part in (
        "GIẤY XÁC NHẬN ĐÃ TIÊM VẮC XIN SỞI - RUBELLA",
        "Đã được tiêm vắc xin phòng bệnh sởi - rubella / Has been vaccinated against measles and rubella",
        "Bệnh này không có mã chứng nhận châu Âu: giấy chỉ có mã cá nhân.",
        "Lò Thị Mẹ",
    ):
        assert part in found, part
    assert "HC1" not in found
    assert "tạm thời" not in found
    assert "Số điện thoại / Tel" not in found  # the pack's form has no such line
    (code,) = zxingcpp.read_barcodes(picture(data))
    assert code.text == station.row(Person, id=person_id).code


def test_it_is_the_same_paper_until_a_dose_is_added(station: TestStation) -> None:
    ctx = measles(station)
    person_id = child(station, ctx, date(2026, 3, 1))
    first = certificates.issue(ctx, person_id)
    again = certificates.issue(ctx, person_id)
    assert (again.new, again.number) == (False, first.number)
    dose = doses.EarlierDose(person_id, "measles-rubella", PartialDate(2026, 8, 1), "paper")
    doses.record_earlier(ctx, dose)
    assert certificates.issue(ctx, person_id).number != first.number


def test_a_pack_may_issue_only_for_a_complete_course(station: TestStation) -> None:
    ctx = measles(station, needs_complete=True)
    person_id = child(station, ctx, date(2026, 3, 1))
    with pytest.raises(RefusedError, match="course is complete"):
        certificates.issue(ctx, person_id)
    doses.record_earlier(ctx, doses.EarlierDose(person_id, "measles-rubella", PartialDate(2026, 8, 1), "paper"))
    assert certificates.issue(ctx, person_id).new


def test_a_pack_without_a_certificate_is_told_in_words(station: TestStation) -> None:
    ctx = measles(station, kind="slip")
    person_id = child(station, ctx, date(2026, 3, 1))
    with pytest.raises(RefusedError, match="no certificate in force"):
        certificates.issue(ctx, person_id)

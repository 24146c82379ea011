"""The line about the next dose: since when, of what, and what the rule behind it wants told."""

from __future__ import annotations

from datetime import date

import pytest

from vaxdesk import assets, i18n
from vaxdesk.campaigns import load
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import GivenDose, evaluate
from vaxdesk.gui import person_words

CAMPAIGN = load(assets.resource("campaigns", "covid19"))
WAIT = "Trẻ đã mắc COVID-19: tiêm sau khi mắc bệnh 3 tháng."


@pytest.mark.parametrize(
    ("birth", "doses", "on", "begins", "ends"),
    [
        ("2015-02-03", {"2022-05-01": "comirnaty-10"}, date(2022, 6, 1), "Mũi 2 từ 22/05/2022", WAIT),
        ("2015-02-03", {}, date(2022, 6, 1), "Chưa có mũi nào hợp lệ", WAIT),
        ("1980", {"2021-08-01": "comirnaty"}, date(2021, 8, 10), "Mũi 2", "21 ngày; thường ghi 3-4 tuần."),
        ("1980", {"2021-08-01": "spikevax"}, date(2021, 8, 10), "Mũi 2", "(Spikevax (Moderna))"),
        ("1980", {"2021-08-01": "janssen"}, date(2021, 8, 10), "Không", ""),
    ],
)
def test_the_next_dose(birth: str, doses: dict[str, str], on: date, begins: str, ends: str) -> None:
    before = i18n.language()
    i18n.set_language("vi")
    try:
        given = [GivenDose(date.fromisoformat(day), product) for day, product in doses.items()]
        words = person_words.next_dose(CAMPAIGN, evaluate(CAMPAIGN, PartialDate.parse(birth), "", given, on), on)
    finally:
        i18n.set_language(before)
    assert words.startswith(begins), words
    assert words.endswith(ends), words
    assert ".." not in words

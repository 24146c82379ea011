"""A person under a product's age is stored, stands on no list, and is told the day from which she may (R-08)."""

from __future__ import annotations

from datetime import date

from vaxdesk import i18n
from vaxdesk.domain.age_limits import age_reason
from vaxdesk.domain.campaign import Approval, Duration, LegalText, Source
from vaxdesk.domain.eligibility import Why

SOURCE = Source(LegalText("s", "1/QĐ"), date(2021, 1, 1))


class _Product:
    def __init__(self, *approvals: Approval) -> None:
        self.approvals = approvals


ADULTS = Approval(SOURCE, Duration(18, "years"))
CHILDREN = Approval(SOURCE, Duration(5, "years"), Duration(12, "years"))
DAY = date(2026, 11, 21)


def reason(*approvals: Approval, birth: date, sex: str = "female") -> object:
    return age_reason(_Product(*approvals), birth, sex, DAY, "Vắc xin A")  # type: ignore[arg-type]  # only approvals are read


def test_under_age_names_the_birthday_that_counts() -> None:
    found = reason(ADULTS, birth=date(2009, 5, 4))
    assert found.code is Why.AGE
    assert i18n.translate("Too young for {product}: old enough on {day}", "vi") in (
        "Chưa đủ tuổi tiêm {product}: đủ tuổi từ ngày {day}",
    )
    assert "04/05/2027" in found.words()
    assert "Vắc xin A" in found.words()


def test_on_the_birthday_nothing_speaks_against() -> None:
    assert reason(ADULTS, birth=date(2008, 11, 21)) is None
    assert reason(ADULTS, birth=date(2008, 11, 22)) is not None


def test_over_age_names_the_day_before_which_it_was_possible() -> None:
    found = reason(CHILDREN, birth=date(2010, 1, 1))
    assert "01/01/2022" in found.words()


def test_of_several_approvals_the_one_that_fits_counts() -> None:
    assert reason(CHILDREN, ADULTS, birth=date(2018, 1, 1)) is None
    between = reason(CHILDREN, ADULTS, birth=date(2012, 1, 1))
    assert "01/01/2030" in between.words()


def test_an_approval_for_the_other_sex_says_nothing() -> None:
    women = Approval(SOURCE, Duration(9, "years"), sex="female")
    assert reason(women, birth=date(2020, 1, 1), sex="male") is None
    assert reason(women, birth=date(2020, 1, 1), sex="female") is not None

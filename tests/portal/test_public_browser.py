"""The public pages in a real browser of a phone's size: a citizen's ways by touch, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import Select, WebDriverWait

from vaxdesk.certificates import hc1, payload
from vaxdesk.certificates.authority import Authority
from vaxdesk.documents import qr
from vaxdesk.domain.dates import PartialDate

WIDTH, HEIGHT = 390, 844
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --lang=vi"
)
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def portal(district):
    """A portal that also checks certificates, with two stations."""
    district.station("14190")
    district.station("14191", "Trạm Y tế phường Chiềng Lề")
    return district


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium of a phone's size."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("Chromium is missing: sudo apt-get install -y chromium chromium-driver")
    options = Options()
    options.binary_location = program
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=Service(driver))
    made.set_page_load_timeout(30)
    size(made, HEIGHT)
    yield made
    made.quit()


def size(browser, height, width=WIDTH):
    metrics = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def one(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def write(browser, name, text):
    field = browser.find_element(By.NAME, name)
    field.clear()
    field.send_keys(text)


def go_on(browser, selector="button.main"):
    """Touch what leads to the next page, and be there."""
    page = one(browser, "html")
    one(browser, selector).click()
    WebDriverWait(browser, 20, 0.05).until(expected_conditions.staleness_of(page))
    WebDriverWait(browser, 20, 0.05).until(lambda _: one(browser, "footer"))


def look(browser, portal):
    """What must hold of every page: fits the width, targets for a thumb, labels, nothing blocked or foreign."""
    found = browser.execute_script(
        """
        const seen = e => e.offsetParent !== null && e.type !== 'hidden';
        const fields = [...document.querySelectorAll('input,select,textarea')].filter(seen);
        return {
          overflow: document.documentElement.scrollWidth - innerWidth,
          small: [...document.querySelectorAll('button,.button,.card,.pill,input[type=text],select')].filter(seen)
            .filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80)),
          nameless: fields.filter(e => !e.labels.length).map(e => e.name),
          foreign: performance.getEntriesByType('resource').map(e => e.name)
            .filter(name => !name.startsWith(location.origin)),
          headings: document.querySelectorAll('h1').length,
          styled: getComputedStyle(document.querySelector('header')).backgroundColor,
        };
        """
    )
    styled = found.pop("styled")
    assert found == {"overflow": 0, "small": [], "nameless": [], "foreign": [], "headings": 1}
    assert styled == "rgb(16, 48, 58)", "the style sheet was taken"
    told = [line["message"] for line in browser.get_log("browser") if "422" not in line["message"]]
    assert told == [], "nothing was blocked by the page's own policy"
    assert browser.current_url.startswith(portal.url)


def test_a_family_member_is_registered_by_touch_and_looked_up(browser, portal, tmp_path):
    browser.get(portal.url)
    look(browser, portal)
    go_on(browser, ".card.first")
    look(browser, portal)
    go_on(browser, 'a[href="/dang-ky/14190"]')
    assert not one(browser, ".guardian").is_displayed()
    one(browser, "#who-family").click()
    assert one(browser, ".guardian").is_displayed()
    go_on(browser)
    look(browser, portal)
    assert len(browser.find_elements(By.CSS_SELECTOR, ".wrong")) >= 5
    for name, text in (
        ("full_name", "Vì Thị Nga"),
        ("birth", "1948"),
        ("phone", "0912345678"),
        ("guardian_name", "Lò Văn Sơn"),
        ("guardian_phone", "0987654321"),
    ):
        write(browser, name, text)
    one(browser, "#sex-female").click()
    Select(one(browser, "#guardian_relation")).select_by_value("other")
    go_on(browser)
    look(browser, portal)
    assert "tai biến nặng" in one(browser, ".statements").text
    one(browser, "input[value=agree]").click()
    go_on(browser)
    look(browser, portal)
    code = one(browser, ".letters").text
    browser.save_screenshot(str(tmp_path / "slip.png"))
    read = zxingcpp.read_barcodes(Image.open(tmp_path / "slip.png"))
    assert [found.text for found in read] == [code.replace("-", "")]
    browser.get(portal.url + "/tra-cuu")
    write(browser, "code", code.lower())
    write(browser, "birth", "1948")
    go_on(browser)
    look(browser, portal)
    assert "V.T.N." in one(browser, "h1").text
    assert "Chưa tiêm mũi hợp lệ nào" in one(browser, ".state").text


def test_the_slip_prints_on_one_sheet_without_the_frame(browser, portal):
    browser.get(portal.url + "/dang-ky/14191")
    for name, text in (("full_name", "Quàng Văn Minh"), ("birth", "05/06/1980"), ("phone", "0912345678")):
        write(browser, name, text)
    one(browser, "#sex-male").click()
    go_on(browser)
    one(browser, "input[value=agree]").click()
    go_on(browser)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        hidden = [one(browser, name).is_displayed() for name in ("header", "footer", ".told", ".unprinted")]
        assert hidden == [False] * 4
        assert one(browser, ".letters").is_displayed()
        pages = browser.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 5.83, "paperHeight": 8.27})["data"]
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    with pypdfium2.PdfDocument(base64.b64decode(pages)) as document:
        assert len(document) == 1
        picture = document[0].render(scale=4).to_pil()
    assert len(zxingcpp.read_barcodes(picture)) == 1


def test_an_organisations_list(browser, portal):
    browser.get(portal.url + "/danh-sach/14190")
    look(browser, portal)
    write(browser, "organisation", "Trường THCS Mường Lạn")
    write(browser, "contact", "Lò Thị Mai")
    write(browser, "phone", "0912345678")
    table = "Họ và tên;Ngày sinh;Giới tính;Điện thoại\nLò Thị Hoa;07/09/1972;Nữ;0912345678\nCầm Văn Bình;1/2/85;Nam;"
    browser.execute_script("document.getElementById('table').value = arguments[0]", table)
    go_on(browser)
    look(browser, portal)
    assert [entry.text for entry in browser.find_elements(By.CSS_SELECTOR, ".counts strong")] == ["1", "0", "1"]
    go_on(browser)
    look(browser, portal)
    assert len(browser.find_elements(By.CSS_SELECTOR, ".letters")) == 1


def test_a_certificates_picture_and_text_are_checked(browser, portal, tmp_path):
    signer = Authority.open(portal.authority).national_signer()
    dose = payload.DccDose("J07BX03", "EU/1/21/1529", "ORG-100001699", 2, 2, NOW.date() - timedelta(days=9))
    person = payload.DccPerson("Nguyễn Văn Anh", PartialDate(1990, 1, 1))
    content = payload.build_claims(person, dose, identifier="URN:UVCI:01:VN:A/B#C", issuer="Trung tâm Y tế")
    text = hc1.encode(content, signer, NOW, NOW + timedelta(days=30))
    symbol = qr.matrix(text)
    picture = Image.fromarray(~symbol.array).convert("L").resize((symbol.size * 6,) * 2, Image.Resampling.NEAREST)
    framed = Image.new("L", (picture.width + 60,) * 2, 255)
    framed.paste(picture, (30, 30))
    framed.save(tmp_path / "certificate.png")

    def checked(code="", file: Path | None = None):
        browser.get(portal.url + "/kiem-tra")
        look(browser, portal)
        if file:
            one(browser, "#file").send_keys(str(file))
        browser.execute_script("document.getElementById('code').value = arguments[0]", code)
        go_on(browser)
        look(browser, portal)
        return one(browser, "section.verdict").get_attribute("data-verdict")

    assert checked(file=tmp_path / "certificate.png") == "valid"
    assert "Nguyễn Văn Anh" in one(browser, ".facts").text
    assert checked(code=text) == "valid"
    assert checked(code=text[:-9] + text[-8:]) == "altered"
    assert checked(code="xin chào") == "not_a_certificate"


@pytest.mark.parametrize("width", [320, 1280])
def test_a_small_telephone_and_a_wide_screen(browser, portal, width):
    size(browser, HEIGHT, width)
    try:
        for path in ("/", "/dang-ky", "/dang-ky/14190", "/danh-sach/14190", "/tra-cuu", "/kiem-tra", "/nowhere"):
            browser.get(portal.url + path)
            assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"), path
    finally:
        size(browser, HEIGHT)
        browser.get_log("browser")

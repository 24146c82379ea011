import io
import json
import sys
from pathlib import Path

import pytest
import qrcode
from PIL import Image, ImageFilter

from vaxdesk import cli
from vaxdesk.devices import picture
from vaxdesk.errors import InputError

CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"


def qr(text: str, box: int = 6) -> Image.Image:
    code = qrcode.QRCode(border=4, box_size=box, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text.encode())
    return code.make_image().get_image().convert("RGB")


def file_bytes(image: Image.Image, kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    image.save(target, kind)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF"])
def test_a_card_in_a_picture(kind: str) -> None:
    data = file_bytes(qr(CARD), kind)
    assert picture.is_picture(data)
    (code,) = picture.read_codes(data)
    assert code.content == CARD.encode()


def test_a_turned_and_blurred_photograph(tmp_path: Path) -> None:
    page = Image.new("RGB", (900, 700), "white")
    page.paste(qr(CARD, 5), (200, 120))
    photo = page.rotate(17, fillcolor="lightgray", expand=True).filter(ImageFilter.GaussianBlur(0.8))
    path = tmp_path / "photo.jpg"
    photo.save(path, quality=70)
    (code,) = picture.read_codes(path)
    assert code.content == CARD.encode()


def test_several_codes_each_once() -> None:
    page = Image.new("RGB", (1400, 700), "white")
    page.paste(qr(CARD, 4), (20, 50))
    page.paste(qr("VXP:01-000123", 4), (500, 50))
    page.paste(qr("VXP:01-000123", 4), (900, 50))
    assert {code.content for code in picture.read_codes(file_bytes(page))} == {CARD.encode(), b"VXP:01-000123"}


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"hello", b"\xff\xd8\xff\xe0\x00broken"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        picture.read_codes(data)


def test_too_large_is_refused_before_decoding(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too large"):
        picture.read_codes(b"\x00" * (picture.MAX_FILE_BYTES + 1))
    big = tmp_path / "big.png"
    big.write_bytes(b"\x00" * (picture.MAX_FILE_BYTES + 1))
    with pytest.raises(InputError, match="too large"):
        picture.read_codes(big)
    bomb = file_bytes(Image.new("1", (20_000, 20_000)))
    assert len(bomb) < 100_000
    with pytest.raises(InputError, match="not too large"):
        picture.read_codes(bomb)


def test_text_is_not_taken_for_a_picture() -> None:
    assert not picture.is_picture(b"BM4141234567890|5068|1")
    assert not picture.is_picture(CARD.encode())


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: bytes, *args: str
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    code = cli.main(["scan", *args])
    return code, capsys.readouterr().out


def test_command_reads_raw_bytes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(monkeypatch, capsys, CARD.encode() + b"\r\n", "--json")
    answer = json.loads(out)
    assert code == 0
    assert (answer["kind"], answer["fields"]["full_name"], answer["others"]) == ("cccd", "Nguyễn Văn Anh", [])
    code, out = run(monkeypatch, capsys, CARD.encode().replace(b"1990", b"1991"), "--json", "--language", "en")
    assert code == 0
    assert json.loads(out)["warnings"] == [
        {
            "field": "national_id",
            "code": "birth_year",
            "message": "The personal number says born 1990, the form says 1991. Check both.",
        }
    ]
    code, out = run(monkeypatch, capsys, CARD.encode()[1:])
    assert code == 1
    assert "Không đọc được thẻ" in out


def test_command_reads_pictures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = Image.new("RGB", (1000, 700), "white")
    page.paste(qr(CARD, 4), (20, 50))
    page.paste(qr("HC1:6BFOXN*TS0BI$ZD.", 4), (500, 50))
    path = tmp_path / "page.png"
    page.save(path)
    code, out = run(monkeypatch, capsys, b"", str(path), "--json")
    answer = json.loads(out)
    assert code == 0
    assert {answer["kind"], *(other["kind"] for other in answer["others"])} == {"cccd", "hc1"}
    assert run(monkeypatch, capsys, path.read_bytes())[0] == 0


def test_command_says_what_it_cannot_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, capsys, b"", str(tmp_path / "none.png"))[0] == 2
    assert run(monkeypatch, capsys, file_bytes(Image.new("RGB", (50, 50))))[0] == 2

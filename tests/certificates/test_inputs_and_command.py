"""Texts, text files, pictures and PDFs as people hand them in; and the command line."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import qrcode
from making import NOW, Maker
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from vaxdesk import cli
from vaxdesk.certificates import command, inputs, kinds, pictures
from vaxdesk.certificates.enrolment import pem
from vaxdesk.certificates.inputs import verify_input
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import STAGES, State, Verdict
from vaxdesk.errors import InputError


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker()


@pytest.fixture(scope="module")
def trust(maker: Maker) -> Trust:
    return Trust([maker.certificate])


def picture(text: str, size: int = 4) -> Image.Image:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=4, box_size=size, mask_pattern=2)
    code.add_data(text, optimize=0)
    return code.make_image().get_image().convert("L")


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_pictures_of_every_common_kind(maker: Maker, trust: Trust, form: str) -> None:
    (answer,) = verify_input(saved(picture(maker.text()), form), trust, NOW, label="x")
    assert answer.verdict is Verdict.VALID
    assert answer.stages["picture"].state is State.OK
    assert answer.input == "x"


def test_a_picture_on_clear_ground_is_on_white(maker: Maker, trust: Trust) -> None:
    code = picture(maker.text())
    clear = Image.new("RGBA", code.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=code.point(lambda grey: 255 - grey))
    (answer,) = verify_input(saved(clear, "PNG"), trust, NOW)
    assert answer.valid


def test_several_codes_give_several_answers(maker: Maker, trust: Trust, tmp_path: Path) -> None:
    texts = [maker.text(), "https://example.org/x", Maker().text()]
    codes = [picture(text) for text in texts]
    sheet = Image.new("L", (max(code.width for code in codes), sum(code.height for code in codes)), 255)
    top = 0
    for code in codes:
        sheet.paste(code, (0, top))
        top += code.height
    expected = [Verdict.VALID, Verdict.NOT_A_CERTIFICATE, Verdict.UNKNOWN_SIGNER]
    assert sorted(answer.verdict for answer in verify_input(saved(sheet, "PNG"), trust, NOW)) == sorted(expected)

    path = tmp_path / "pages.pdf"
    canvas = Canvas(str(path))
    for code in codes:
        canvas.drawImage(ImageReader(code), 50, 400, 150, 150)
        canvas.showPage()
    canvas.showPage()
    canvas.save()
    assert [answer.verdict for answer in verify_input(path, trust, NOW)] == expected

    listing = tmp_path / "codes.txt"
    listing.write_text("\ufeff" + "\r\n\r\n".join(texts) + "\r\n", encoding="utf-8")
    assert [answer.verdict for answer in verify_input(listing, trust, NOW)] == expected
    assert [answer.verdict for answer in verify_input("\n".join(texts), trust, NOW)] == expected


def test_blanks_round_a_pasted_text_do_no_harm(maker: Maker, trust: Trust) -> None:
    for text in (f"  {maker.text()}", f"{maker.text()} ", f"\t{maker.text()}  \r\n", f"\ufeff{maker.text()}\n"):
        (answer,) = verify_input(text, trust, NOW)
        assert answer.valid


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n broken",
        b"GIF89a" + bytes(20),
        b"BM" + bytes(60),
        b"\xff\xd8\xff\xe0" + bytes(200),
        b"%PDF-1.7 broken",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        bytes(1000),
        b"II*\x00" + b"\xff" * 50,
    ],
)
def test_a_broken_picture_is_an_answer_and_no_error(trust: Trust, data: bytes) -> None:
    (answer,) = verify_input(data, trust, NOW, label="file")
    assert answer.verdict is Verdict.NOT_A_CERTIFICATE
    assert answer.stages["picture"].state is State.FAILED
    assert [name for name in STAGES[1:] if answer.stages[name].state is not State.NOT_REACHED] == []
    assert "Tệp này không phải ảnh" in answer.words("vi")


def test_a_white_picture_and_an_empty_pdf_hold_no_code(trust: Trust) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.showPage()
    canvas.save()
    for data in (
        saved(Image.new("L", (400, 400), 255), "PNG"),
        saved(Image.new("1", (1, 1)), "PNG"),
        buffer.getvalue(),
    ):
        (answer,) = verify_input(data, trust, NOW)
        assert answer.stages["picture"].state is State.FAILED
        assert answer.words("en") == kinds.WORDS[kinds.NO_CODE]


def test_a_picture_beyond_the_bound_is_refused(trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 10_000)
    (answer,) = verify_input(saved(Image.new("L", (101, 100), 255), "PNG"), trust, NOW)
    assert "too large" in answer.as_json()["stages"]["picture"]["reason"]
    assert "quá lớn" in answer.words("vi")


def test_files_that_cannot_be_read_are_input_errors(
    trust: Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError):
        verify_input(tmp_path / "missing.png", trust, NOW)
    (tmp_path / "large").write_bytes(bytes(100))
    monkeypatch.setattr(inputs, "MAX_FILE_BYTES", 99)
    with pytest.raises(InputError):
        verify_input(tmp_path / "large", trust, NOW)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", kinds.EMPTY),
        ("   ", kinds.EMPTY),
        ("012345678901|123456789|Nguyễn Văn A|01011990|Nam|Xã Phú Xuân, Huế|15042021", kinds.IDENTITY_CARD),
        ("012345678901||Nguyễn Văn A|01011990|Nam|Xã Phú Xuân, Huế|15042021", kinds.IDENTITY_CARD),
        ("82G0R-00868-TXK59", kinds.PERSONAL_CODE),
        ("tp8x8-fr7ch-ggvf6", kinds.PERSONAL_CODE),
        ("DN4791234567890", kinds.HEALTH_INSURANCE),
        (
            "shc:/567629095243206034602924374044603122295953265460346029254077280433602870286471674522280928",
            kinds.SMART_HEALTH_CARD,
        ),
        ("https://example.org/abc", kinds.LINK),
        ("WWW.EXAMPLE.ORG", kinds.LINK),
        ("P<VNMNGUYEN<<VAN<A<<<<<<<<<<<<<<<<<<<<<<<<<<<", kinds.TRAVEL_DOCUMENT),
        ('{"data":{"hdr":{"t":"icao.vacc"}},"sig":{}}', kinds.SEALED_JSON),
        ("NL2:4T7:ABC", kinds.OTHER_HEALTH_CODE),
        ("hello", kinds.OTHER),
        ("HC2:6BFOXN", kinds.OTHER_HEALTH_CODE),
        ("hc1:6BFOXN", kinds.OTHER),
        ("9" * 5000, kinds.OTHER),
        ("\x00\ud800", kinds.OTHER),
    ],
)
def test_what_is_no_certificate_gets_its_name(text: str, kind: str) -> None:
    assert kinds.kind_of(text) == kind
    (answer,) = verify_input(text, Trust(), NOW)
    assert answer.verdict is Verdict.NOT_A_CERTIFICATE
    assert answer.kind == kind
    assert answer.words("en") == kinds.WORDS[kind]
    assert answer.words("vi") != answer.words("en")


class TestCommand:
    """``vaxdesk verify``."""

    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
        code = cli.main(["verify", *arguments])
        return code, capsys.readouterr().out

    def test_json_of_mixed_inputs(self, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        cert, code, text = tmp_path / "cert.pem", tmp_path / "code.png", maker.text()
        cert.write_text(pem(maker.certificate))
        picture(text).save(code)
        options = ("--trust", str(cert), "--at", "2026-11-21T08:00:00+07:00", "--json")
        exit_code, out = self.run(capsys, text, str(code), *options)
        answers = json.loads(out)
        assert exit_code == 0
        assert [answer["verdict"] for answer in answers] == ["valid", "valid"]
        assert [answer["input"] for answer in answers] == [text, str(code)]
        for answer in answers:
            assert list(answer) == ["input", "stages", "payload", "signer", "verdict", "words"]
            assert list(answer["stages"]) == list(STAGES)
            assert all(set(stage) == {"state", "reason"} for stage in answer["stages"].values())
            assert {stage["state"] for stage in answer["stages"].values()} <= {"ok", "failed", "not reached"}
            assert set(answer["words"]) == {"vi", "en"}
        exit_code, out = self.run(capsys, maker.text(), "no code", *options)
        assert exit_code == 1
        assert [answer["verdict"] for answer in json.loads(out)] == ["valid", "not_a_certificate"]
        assert command.verify_command([maker.text()], cert, NOW)[0]["verdict"] == "valid"

    def test_plain_words(self, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        cert = tmp_path / "cert.pem"
        cert.write_text(pem(maker.certificate))
        exit_code, out = self.run(capsys, maker.text(), "--trust", str(cert), "--at", "2031-01-01", "--language", "vi")
        assert exit_code == 1
        assert "Hết hiệu lực" in out

    def test_bad_arguments_are_exit_code_2(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.run(capsys, "x", "--trust", str(tmp_path / "missing"))[0] == 2
        assert self.run(capsys, "x", "--trust", "")[0] == 2
        for moment in ("yesterday", "", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"):
            assert self.run(capsys, "x", "--trust", str(tmp_path), "--at", moment)[0] == 2

    def test_a_file_that_is_not_there_and_a_folder_are_bad_input(
        self, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A slip in a file's name is no verdict about a certificate."""
        cert = tmp_path / "cert.pem"
        cert.write_text(pem(maker.certificate))
        for given in (str(tmp_path / "photo.PNG"), "code.txt", str(tmp_path)):
            exit_code, out = self.run(capsys, maker.text(), given, "--trust", str(cert), "--json")
            assert exit_code == 2
            assert given in json.loads(out)["error"]
        for given in ("https://example.vn/a.png", "014090123456|x|01011990", ""):
            assert self.run(capsys, given, "--trust", str(cert))[0] == 1

    @pytest.mark.skipif(sys.platform == "win32", reason="file names are letters there")
    def test_a_file_name_that_is_no_text(self, maker: Maker, tmp_path: Path) -> None:
        """Written to a terminal that is strict about letters."""
        (tmp_path / "cert.pem").write_text(pem(maker.certificate))
        name = os.path.join(os.fsencode(tmp_path), b"\xff.txt")
        with open(name, "wb") as file:
            file.write(maker.text().encode())
        command_line = [sys.executable, "-m", "vaxdesk.cli", "verify", name, os.fsencode(tmp_path) + b"/\xfe.png"]
        options = ["--trust", str(tmp_path / "cert.pem"), "--at", NOW.isoformat(), "--json"]
        environment = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
        for given, code in ((command_line[:-1], 0), (command_line, 2)):
            done = subprocess.run([*given, *options], capture_output=True, env=environment, check=False)
            assert done.returncode == code, done.stderr
            assert json.loads(done.stdout.decode())

    def test_without_trust_there_must_be_a_station(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        exit_code, out = self.run(capsys, "x", "--data-dir", str(tmp_path), "--json")
        assert exit_code == 2
        assert "--trust" in json.loads(out)["error"]

    @pytest.mark.parametrize(
        ("text", "iso"),
        [
            ("2021-05-03T18:00:00Z", "2021-05-03T18:00:00+00:00"),
            ("2021-05-03T18:00:00.441418800Z", "2021-05-03T18:00:00.441418+00:00"),
            ("2021-05-03T18:00:00.5+0200", "2021-05-03T16:00:00.500000+00:00"),
            ("2021-05-03T18:00:00z", "2021-05-03T18:00:00+00:00"),
            ("20210503T180000.5-0330", "2021-05-03T21:30:00.500000+00:00"),
            (" 2021-05-03 18:00 +07:00 ", "2021-05-03T11:00:00+00:00"),
            ("2021-05-03T18:00:00", "2021-05-03T18:00:00+00:00"),
            ("2021-05-03", "2021-05-03T00:00:00+00:00"),
        ],
    )
    def test_moments(self, text: str, iso: str) -> None:
        assert command.parse_moment(text).isoformat() == iso

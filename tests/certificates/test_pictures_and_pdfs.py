"""Pictures and PDFs as people have them: scans of many pages, dark themes, pale prints, small codes, passwords."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qrcode
from making import NOW, Maker, content
from PIL import Image, ImageOps
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from vaxdesk import cli
from vaxdesk.certificates import inputs, kinds, pictures
from vaxdesk.certificates.enrolment import pem
from vaxdesk.certificates.inputs import verify_input
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import State, Verdict
from vaxdesk.errors import InputError


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker()


@pytest.fixture(scope="module")
def trust(maker: Maker) -> Trust:
    return Trust([maker.certificate])


@pytest.fixture(scope="module")
def texts(maker: Maker) -> list[str]:
    return [maker.text(content(identifier=f"URN:UVCI:01:VN:01279/01/ABCDEFGHJKLMNPQ{last}#1")) for last in "ABC"]


def picture(text: str, size: int = 4) -> Image.Image:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=4, box_size=size, mask_pattern=2)
    code.add_data(text, optimize=0)
    return code.make_image().get_image().convert("L")


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def verdicts(data: bytes, trust: Trust) -> list[Verdict]:
    return [answer.verdict for answer in verify_input(data, trust, NOW, label="x")]


def on_clear(code: Image.Image, ink: tuple[int, ...], ground: tuple[int, ...]) -> Image.Image:
    clear = Image.new("RGBA", code.size, ground)
    clear.paste(ink, mask=code.point(lambda grey: 255 - grey))
    return clear


SHAPES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "rotated by 7 degrees": lambda code: code.rotate(7, expand=True, fillcolor=255),
    "rotated by 45 degrees": lambda code: code.rotate(45, expand=True, fillcolor=255),
    "rotated by 270 degrees": lambda code: code.rotate(270, expand=True),
    "mirrored": ImageOps.mirror,
    "inverted": ImageOps.invert,
    "pale": lambda code: code.point(lambda grey: 125 if grey < 128 else 135),
    "shrunk to 1.6 pixels a module": lambda code: code.resize((code.width * 2 // 5,) * 2, Image.Resampling.BICUBIC),
    "white on clear": lambda code: on_clear(code, (255,) * 4, (0,) * 4),
    "black on clear": lambda code: on_clear(code, (0, 0, 0, 255), (255, 255, 255, 0)),
    "16 bits": lambda code: Image.fromarray(np.array(code).astype(np.uint16) * 257),
    "12 of 16 bits": lambda code: Image.fromarray(np.array(code).astype(np.uint16) * 16),
    "one bit": lambda code: code.convert("1"),
    "palette": lambda code: code.convert("P"),
    "small in a large photograph": lambda code: paste(Image.new("L", (2600, 2000), 225), code, 1900, 1300),
}


def paste(ground: Image.Image, code: Image.Image, left: int, top: int) -> Image.Image:
    ground.paste(code, (left, top))
    return ground


@pytest.mark.parametrize("shape", SHAPES)
def test_a_code_is_read_in_every_shape(texts: list[str], trust: Trust, shape: str) -> None:
    assert verdicts(saved(SHAPES[shape](picture(texts[0]))), trust) == [Verdict.VALID]


def test_a_code_in_fractions_of_light(texts: list[str], trust: Trust) -> None:
    levels = Image.fromarray(np.array(picture(texts[0])).astype(np.float32) / 255)
    assert verdicts(saved(levels, "TIFF"), trust) == [Verdict.VALID]
    assert verdicts(saved(Image.fromarray(np.full((60, 60), np.nan, np.float32)), "TIFF"), trust) == [
        Verdict.NOT_A_CERTIFICATE
    ]


@pytest.mark.parametrize("form", ["TIFF", "GIF", "WEBP", "PNG"])
def test_every_page_and_frame_is_looked_at(texts: list[str], trust: Trust, form: str) -> None:
    codes = [picture(text, 3) for text in texts]
    options: dict[str, Any] = {"save_all": True, "append_images": codes}
    if form == "WEBP":
        options["lossless"] = True
    data = saved(Image.new("L", codes[0].size, 255), form, **options)
    assert verdicts(data, trust) == [Verdict.VALID] * 3


def test_frames_are_bounded_in_number_and_in_pixels(
    texts: list[str], trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [picture(text, 3) for text in texts]
    data = saved(codes[0], "TIFF", save_all=True, append_images=codes[1:])
    monkeypatch.setattr(pictures, "MAX_PAGES", 2)
    assert verdicts(data, trust) == [Verdict.VALID] * 2
    monkeypatch.setattr(pictures, "MAX_PIXELS_OF_ALL", codes[0].width * codes[0].height)
    assert verdicts(data, trust) == [Verdict.VALID]


def test_a_cameras_large_picture_is_opened_at_half_its_size(
    texts: list[str], trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = picture(texts[0], 6)
    monkeypatch.setattr(pictures, "MAX_PIXELS", code.width * code.height - 1)
    assert verdicts(saved(code, "JPEG"), trust) == [Verdict.VALID]
    (answer,) = verify_input(saved(code), trust, NOW)
    assert answer.kind == kinds.TOO_LARGE


def test_codes_of_two_sizes_one_of_them_turned_and_inverted(texts: list[str], trust: Trust) -> None:
    sheet = Image.new("L", (1700, 1600), 255)
    sheet.paste(picture(texts[0], 8), (0, 0))
    sheet.paste(picture(texts[1], 2).rotate(17, expand=True, fillcolor=255), (900, 100))
    sheet.paste(ImageOps.invert(picture(texts[2], 3)), (1000, 900))
    answers = verify_input(saved(sheet), trust, NOW, label="sheet.png")
    assert {answer.text for answer in answers} == set(texts)
    assert all(answer.valid and answer.input == "sheet.png" for answer in answers)


def pdf(draw: Callable[[Canvas], None], **options: Any) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, **options)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def code_on(text: str, left: float, bottom: float, side: float) -> Callable[[Canvas], None]:
    return lambda canvas: canvas.drawImage(ImageReader(picture(text)), left, bottom, side, side)


def test_a_small_code_does_not_hide_behind_a_large_one(texts: list[str], trust: Trust) -> None:
    def draw(canvas: Canvas) -> None:
        code_on(texts[0], 50, 400, 300)(canvas)
        code_on(texts[1], 400, 100, 45)(canvas)
        canvas.showPage()
        code_on(texts[2], 100, 100, 120)(canvas)

    assert verdicts(pdf(draw), trust) == [Verdict.VALID] * 3


def test_a_code_of_a_centimetre_and_a_page_of_five_metres(texts: list[str], trust: Trust) -> None:
    assert verdicts(pdf(code_on(texts[0], 300, 200, 28)), trust) == [Verdict.VALID]
    wide = pdf(code_on(texts[0], 5000, 5000, 3000), pagesize=(14400, 14400))
    assert verdicts(wide, trust) == [Verdict.VALID]


def test_a_pdf_with_a_password_says_so(texts: list[str], trust: Trust) -> None:
    locked = pdf(code_on(texts[0], 50, 400, 120), encrypt=StandardEncryption("reader", "owner"))
    (answer,) = verify_input(locked, trust, NOW, label="x.pdf")
    assert (answer.verdict, answer.kind) == (Verdict.NOT_A_CERTIFICATE, kinds.LOCKED_PDF)
    assert answer.stages["picture"].state is State.FAILED
    assert "mật khẩu" in answer.words("vi")
    open_to_read = pdf(code_on(texts[0], 50, 400, 120), encrypt=StandardEncryption("", "owner"))
    assert verdicts(open_to_read, trust) == [Verdict.VALID]


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_a_pdf_that_is_cut_off_is_an_answer(texts: list[str], trust: Trust, cut: float) -> None:
    whole = pdf(code_on(texts[0], 50, 400, 120))
    (answer,) = verify_input(whole[: int(len(whole) * cut)], trust, NOW)
    assert (answer.verdict, answer.kind) == (Verdict.NOT_A_CERTIFICATE, kinds.NO_PICTURE)


def test_text_files_of_other_systems(texts: list[str], trust: Trust) -> None:
    lines = "\r\n".join(texts) + "\r\n"
    for data in (
        lines.encode("utf-16"),
        b"\xfe\xff" + lines.encode("utf-16-be"),
        b"\xef\xbb\xbf" + lines.encode(),
        lines.encode(),
        texts[0].encode() + b"\r" + texts[1].encode() + b"\n" + texts[2].encode(),
    ):
        assert verdicts(data, trust) == [Verdict.VALID] * 3
    old = "Đào: ".encode("cp1258") + b"\n" + lines.encode()
    assert verdicts(old, trust) == [Verdict.NOT_A_CERTIFICATE] + [Verdict.VALID] * 3


@pytest.mark.parametrize("width", [60, 76, 300])
def test_a_text_that_a_mail_program_broke_into_lines(texts: list[str], trust: Trust, width: int) -> None:
    broken = ["\n".join(text[start : start + width] for start in range(0, len(text), width)) for text in texts]
    assert verdicts("\r\n".join(broken).encode(), trust) == [Verdict.VALID] * 3
    (answer,) = verify_input(broken[0], trust, NOW)
    assert answer.input == answer.text == texts[0]
    cut = broken[0].rpartition("\n")[0] + "\n" + broken[1]
    found = verify_input(cut, trust, NOW)
    assert found[0].verdict is Verdict.ALTERED
    assert found[-1].valid
    assert verdicts(f"{texts[0]}\n{texts[1]}\nhello".encode(), trust)[2] is Verdict.NOT_A_CERTIFICATE


def test_a_portable_bitmap_is_a_picture_although_it_is_text(texts: list[str], trust: Trust) -> None:
    levels = np.array(picture(texts[0])) < 128
    rows = "\n".join(" ".join("1" if dark else "0" for dark in row) for row in levels)
    data = f"P1\n{levels.shape[1]} {levels.shape[0]}\n{rows}\n".encode()
    assert verdicts(data, trust) == [Verdict.VALID]


@pytest.mark.parametrize("form", ["text", "TIFF", "PDF", "one picture"])
def test_the_answers_can_be_bounded(texts: list[str], trust: Trust, form: str) -> None:
    codes = [picture(text, 3) for text in texts]

    def pages(canvas: Canvas) -> None:
        for text in texts:
            code_on(text, 100, 100, 120)(canvas)
            canvas.showPage()

    sheet = Image.new("L", (codes[0].width, 1000), 255)
    for number, code in enumerate(codes[:2]):
        sheet.paste(code, (0, 500 * number))
    data = {
        "text": lambda: "\n".join(texts).encode(),
        "TIFF": lambda: saved(codes[0], "TIFF", save_all=True, append_images=codes[1:]),
        "PDF": lambda: pdf(pages),
        "one picture": lambda: saved(sheet),
    }[form]()
    assert len(verify_input(data, trust, NOW, at_most=1)) == 1
    assert [answer.text for answer in verify_input(data, trust, NOW, at_most=2)] == texts[:2]


def test_endless_text_is_refused(trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_LINES", 3)
    assert len(verify_input("a\nb\n\nc\n", trust, NOW)) == 3
    with pytest.raises(InputError):
        verify_input("a\nb\nc\nd", trust, NOW)


class TestCommand:
    """The same through ``vaxdesk verify``."""

    def run(
        self, capsys: pytest.CaptureFixture[str], maker: Maker, folder: Path, *given: str
    ) -> tuple[int, list[dict[str, Any]]]:
        certificate = folder / "signer.pem"
        certificate.write_text(pem(maker.certificate))
        code = cli.main(["verify", *given, "--trust", str(certificate), "--at", NOW.isoformat(), "--json"])
        return code, json.loads(capsys.readouterr().out)

    @pytest.mark.parametrize("form", ["text", "picture"])
    def test_a_hyphen_is_the_standard_input(
        self,
        maker: Maker,
        texts: list[str],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        form: str,
    ) -> None:
        data = texts[0].encode() + b"\n" if form == "text" else saved(picture(texts[0]))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        code, answers = self.run(capsys, maker, tmp_path, "-")
        assert code == 0
        assert [(answer["input"], answer["verdict"]) for answer in answers] == [("-", "valid")]

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    def test_a_pipe_is_read_like_a_file(
        self, maker: Maker, texts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(texts[0].encode(),))
        writer.start()
        code, answers = self.run(capsys, maker, tmp_path, str(pipe))
        writer.join()
        assert (code, len(answers), answers[0]["verdict"]) == (0, 1, "valid")

    def test_a_stage_that_was_not_reached_says_why(
        self, maker: Maker, texts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        broken = texts[0][:-1] + "é"
        (tmp_path / "white.png").write_bytes(saved(Image.new("L", (50, 50), 255)))
        code, answers = self.run(capsys, maker, tmp_path, broken, str(tmp_path / "white.png"))
        assert code == 1
        for answer in answers:
            for stage in answer["stages"].values():
                assert stage["state"] == "ok" or stage["reason"]
        assert "base45" in answers[0]["stages"]["zlib"]["reason"]
        assert "text" in answers[0]["stages"]["picture"]["reason"]
        assert "picture" in answers[1]["stages"]["prefix"]["reason"]

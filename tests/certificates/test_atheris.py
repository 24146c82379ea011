"""Runs the coverage-guided fuzzer for a minute over a corpus of good and published certificates."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cbor2
import pytest
from list_styles import Signers, styles
from making import Maker, claims_of, text_of

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
SECONDS = 60


def test_a_minute_of_coverage_guided_fuzzing_finds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed (it has builds for Linux and macOS only)")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    maker = Maker()
    seeds = [maker.cose(claims_of()), cbor2.dumps(claims_of()), text_of(maker.cose(claims_of())).encode()]
    seeds += [maker.certificate.der, (HERE / "dcc-testdata" / "png" / "DE_2DCode_png_1.png").read_bytes()]
    seeds += [data for data in styles(maker, Signers().rsa).values() if len(data) < 4000]
    for name in ("CO1", "CO3", "CO28", "CO15"):
        case = json.loads((HERE / "dcc-testdata" / "common" / f"{name}.json").read_text(encoding="utf-8"))
        seeds += [case["PREFIX"].encode(), bytes.fromhex(case["COSE"])]
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    done = subprocess.run(
        [
            sys.executable,
            str(HERE / "atheris_harness.py"),
            f"-max_total_time={SECONDS}",
            "-max_len=4096",
            "-len_control=0",
            "-timeout=10",
            "-rss_limit_mb=2048",
            f"-artifact_prefix={tmp_path}/",
            str(corpus),
        ],
        capture_output=True,
        text=True,
        cwd=HERE.parents[1],
        timeout=SECONDS + 120,
    )
    print("\n" + "\n".join(done.stderr.splitlines()[-3:]))
    assert done.returncode == 0, done.stderr[-4000:]

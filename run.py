#!/usr/bin/env python3
"""Sets VaxDesk up beside its sources and runs it. Needs nothing but Python itself.

    python3 run.py            open VaxDesk in practice mode (options after it go to the window)
    python3 run.py test       pass the tests, headless (options after it go to pytest)
    python3 run.py test-long  pass the tests that take minutes, and the benchmarks
    python3 run.py lint       check style and types
    python3 run.py lock       write the lock files anew (--upgrade takes the newest versions)

The packages go into .venv, from the lock file. Where nothing changed since the last time, nothing is installed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
OLDEST = (3, 11)

#: What a part of the work needs: its lock file and the extra of pyproject.toml that says the same in ranges.
NEEDS = {"run": ("requirements.lock", "portal"), "test": ("requirements-dev.lock", "dev")}

#: Debian's libraries for a Qt window (and the offscreen platform), and for its printing.
QT_PACKAGES = [
    *("libgl1", "libegl1", "libxkbcommon0", "libdbus-1-3", "libglib2.0-0", "libfontconfig1", "libxcb-cursor0"),
    *("libxkbcommon-x11-0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0", "libxcb-image0"),
    *("libxcb-render-util0", "libxcb-randr0", "libcups2"),
]
#: What the tests use besides: a browser for the public page, a second QR reader, a screen for a real window.
TEST_PACKAGES = ["chromium", "chromium-driver", "libzbar0", "xvfb", "xdotool"]


def main() -> int:
    """Run the command named by the first argument."""
    # Written so that an older Python can read it and say what is wrong.
    if sys.version_info < OLDEST and not better_python():
        say("VaxDesk needs Python {}.{} or newer; this is {}.".format(*OLDEST, platform.python_version()))
        return 2
    command, rest = "practice", sys.argv[1:]
    if rest and not rest[0].startswith("-"):
        command, rest = rest[0], rest[1:]
    elif rest and rest[0] in ("-h", "--help"):
        command = "help"
    actions = {
        "practice": practice,
        "test": test,
        "test-long": test_long,
        "lint": lint,
        "lock": lock,
    }
    if command not in actions:
        print(__doc__)
        return 0 if command == "help" else 2
    return actions[command](rest)


# the commands


def practice(rest: list[str]) -> int:
    """Open the window with invented people, until it is closed."""
    prepare("run", QT_PACKAGES)
    environment = dict(os.environ)
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        say("There is no display here: VaxDesk runs unseen. Start it from a desktop to see its window; Ctrl+C ends it.")
        environment["QT_QPA_PLATFORM"] = "offscreen"
    arguments = [str(PYTHON), "-m", "vaxdesk.app", "--practice", *rest]
    if WINDOWS:
        return subprocess.call(arguments, env=environment)
    sys.stdout.flush()
    # argv[0] is the full path: Python finds the virtual environment from it.
    os.execve(arguments[0], arguments, environment)
    raise AssertionError("unreachable")


def test(rest: list[str]) -> int:
    """The normal tests, on at most two cores."""
    prepare("test", QT_PACKAGES + TEST_PACKAGES)
    workers = min(2, os.cpu_count() or 1)
    spread = ["-n", str(workers), "--dist", "loadfile"] if workers > 1 and "-n" not in rest else []
    return pytest([*spread, *rest])


def test_long(rest: list[str]) -> int:
    """The tests marked long and the benchmarks, one after the other: they measure."""
    prepare("test", QT_PACKAGES + TEST_PACKAGES)
    return pytest(["-m", "long", "--benchmark-enable", *rest])


def lint(rest: list[str]) -> int:
    """Style and types."""
    prepare("test", QT_PACKAGES)
    checks = [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]]
    codes = [subprocess.call([str(PYTHON), "-m", *check, *rest], cwd=str(ROOT)) for check in checks]
    return max(codes)


def lock(rest: list[str]) -> int:
    """Write both lock files from the ranges of pyproject.toml, for every platform, with the hashes of the files."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.check_call([sys.executable, "-m", "venv", folder])
        python = Path(folder, "Scripts/python.exe" if WINDOWS else "bin/python")
        subprocess.check_call([str(python), "-m", "pip", "install", "--quiet", "uv"])
        for target, extra in NEEDS.values():
            say("writing " + target)
            command = [str(python), "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
            command += [
                "--generate-hashes",
                "--custom-compile-command",
                "python3 run.py lock",
                "--no-annotate",
                "--extra",
                extra,
                "--output-file",
                target,
            ]
            if target != NEEDS["run"][0]:
                # What both files hold is the same version in both.
                command += ["--constraint", NEEDS["run"][0]]
            code = subprocess.call([*command, *rest, "pyproject.toml"], cwd=str(ROOT))
            if code:
                return code
    return 0


def pytest(arguments: list[str]) -> int:
    """Run pytest without a screen, with a run-time folder of its own."""
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", PYTHONUTF8="1")
    with tempfile.TemporaryDirectory(prefix="vaxdesk-run-") as folder:
        # Qt warns where it is unset; its permissions must be the user's alone.
        os.chmod(folder, 0o700)
        environment["XDG_RUNTIME_DIR"] = folder
        return subprocess.call([str(PYTHON), "-m", "pytest", *arguments], cwd=str(ROOT), env=environment)


# setting up


def prepare(kind: str, packages: list[str]) -> None:
    """Make sure that the system libraries and the Python packages are there; quick where nothing changed."""
    stamp = fingerprint(kind, packages)
    # What is enough for the tests is enough for the window.
    if PYTHON.exists() and any(
        read(stamp_file(other)) == fingerprint(other, wanted)
        for other, wanted in ((kind, packages), ("test", QT_PACKAGES + TEST_PACKAGES))
    ):
        return
    install_debian_packages(packages)
    make_venv()
    install_python_packages(kind)
    check_qt()
    stamp_file(kind).write_text(stamp, encoding="utf-8")


def stamp_file(kind: str) -> Path:
    """Where the fingerprint of the last set-up is kept."""
    return VENV / ("vaxdesk-" + kind + ".stamp")


def fingerprint(kind: str, packages: list[str]) -> str:
    """Changes with everything that a set-up depends on, the place of the checkout included."""
    digest = hashlib.sha256()
    for part in (str(ROOT), " ".join(packages), read(ROOT / "pyproject.toml"), read(ROOT / NEEDS[kind][0])):
        digest.update(part.encode("utf-8") + b"\0")
    return digest.hexdigest()


def read(path: Path) -> str:
    """The text of a file, "" where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def install_debian_packages(wanted: list[str]) -> None:
    """Install what is missing as root or with sudo; otherwise name the exact command and go on."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-query"):
        return
    if not can_make_venv():
        wanted = ["python3-venv", *wanted]
    missing = missing_packages(wanted)
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            say("System libraries are missing. As root: apt-get update && " + " ".join(install))
            return
        prefix = ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    say("installing system packages: " + " ".join(missing))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    # A list that cannot be renewed may still name what is wanted.
    subprocess.call([*prefix, "apt-get", "update", "-q"], env=environment)
    if subprocess.call([*prefix, *install], env=environment):
        for name in missing:
            subprocess.call([*prefix, *install[:4], name], env=environment)
    still = missing_packages(missing)
    if still:
        say("These could not be installed: {0}. As root: apt-get install -y {0}".format(" ".join(still)))


def missing_packages(wanted: list[str]) -> list[str]:
    """Those of the Debian packages that are not installed (newer releases append t64 to some names)."""
    names = wanted + [name + "t64" for name in wanted]
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names]
    answer = subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    installed = {line.split()[0] for line in answer.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in installed and name + "t64" not in installed]


def can_make_venv() -> bool:
    """Debian ships Python without what ``python -m venv`` needs."""
    return subprocess.call([sys.executable, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL) == 0


def make_venv() -> None:
    """Make .venv, or make it anew where its Python is gone or too old."""
    probe = f"import sys; sys.exit(sys.version_info < {OLDEST!r})"
    if PYTHON.exists() and subprocess.call([str(PYTHON), "-c", probe]) == 0:
        return
    say("making .venv")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        say("Python cannot make a virtual environment. On Debian, as root: apt-get install -y python3-venv")
        sys.exit(1)


def install_python_packages(kind: str) -> None:
    """Install from the lock file; where it names a file that this platform lacks, from the ranges."""
    locked, extra = NEEDS[kind]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    say("installing Python packages (" + locked + ")")
    if subprocess.call([*pip, "-r", locked], cwd=str(ROOT)) == 0:
        code = subprocess.call([*pip, "--no-deps", "-e", "."], cwd=str(ROOT))
    else:
        say("The lock file does not fit here: taking the ranges of pyproject.toml.")
        code = subprocess.call([*pip, "-e", f".[{extra}]"], cwd=str(ROOT))
    if code:
        say("The packages could not be installed. Connect to the internet once and start again.")
        sys.exit(1)


def check_qt() -> None:
    """Name what Qt misses, where this is no Debian or nobody could install."""
    done = subprocess.run(
        [str(PYTHON), "-c", "import PySide6.QtWidgets"], stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        say("Qt does not load: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1])
        say("It needs the system's OpenGL, EGL, xkbcommon, D-Bus, GLib, fontconfig and xcb libraries.")
        say("On Debian, as root: apt-get install -y --no-install-recommends " + " ".join(QT_PACKAGES))


def better_python() -> bool:
    """Start again with a newer Python where one is on the path. Returns False where there is none."""
    for minor in (14, 13, 12, 11):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, str(ROOT / "run.py"), *sys.argv[1:]])
    return False


def say(text: str) -> None:
    """Tell the user a step."""
    print("VaxDesk: " + text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

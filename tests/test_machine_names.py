"""No file of the project names one developer's machine, or a host that packages come from: a machine chooses those."""

import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]

# Written in parts, so that this file does not name what it forbids.
_MACHINE_NAMES = re.compile(
    r"(?<![\w.~-])/(?:wor" + r"k|roo" + r"t|hom" + r"e/\w+)/"
    r"|\.\./shar" + r"ed\b"
    r"|\b(?:pyp" + r"i\.org|pythonhost" + r"ed\.org|np" + r"mjs\.(?:org|com)|\w+\.deb" + r"ian\.org/debian"
    r"|\w+\.deb" + r"ian\.(?:org|net)\b|\w+\.ubun" + r"tu\.com|proxy\.go" + r"lang\.org)"
)
"""A folder of one developer's machine, or the host of a package registry or mirror."""


def machine_names(text: str) -> list[str]:
    """Every such name in a text, as `line: name`."""
    return [
        f"{number}: {found[0]}"
        for number, line in enumerate(text.splitlines(), 1)
        for found in _MACHINE_NAMES.finditer(line)
    ]


def _project_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=TOP, check=False, capture_output=True, text=True, timeout=30
    ).stdout.split("\0")
    return [path for name in listed if name and (path := TOP / name).is_file()]


def test_given_the_project_s_files_when_they_are_read_then_none_names_a_machine_or_a_registry() -> None:
    files = _project_files()
    if not (TOP / ".git").exists():
        pytest.skip("no git checkout: the list of files is git's")
    assert len(files) > 10, "the walk has lost the project"
    found = [
        f"{path.relative_to(TOP)}:{name}"
        for path in files
        for name in machine_names(path.read_bytes().decode("utf-8", "replace"))
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "see /wor" + "k/somewhere",
        "/roo" + "t/.cache",
        "cd /hom" + "e/kim/src",
        "../shar" + "ed/design.md",
        "https://pyp" + "i.org/simple",
        "files.pythonhost" + "ed.org",
        "registry.np" + "mjs.org",
        "http://deb.deb" + "ian.org/debian",
    ],
)
def test_given_a_planted_machine_name_when_a_text_is_read_then_it_is_found(text: str) -> None:
    assert machine_names(f"first line\n{text}")


@pytest.mark.parametrize(
    "text", ["/workers/", "artwork/x", "~/.cache", "docs/work/a", "/var/lib/asterisk", "Debian 12"]
)
def test_given_an_innocent_text_when_it_is_read_then_nothing_is_found(text: str) -> None:
    assert machine_names(text) == []

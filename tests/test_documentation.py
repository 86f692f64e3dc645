"""What the pages say is there: links, folders, modules, commands and options, none of them left behind by a change."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from tests.whole_command import app

TOP = Path(__file__).parents[1]
PACKAGE = TOP / "ivr_engine"
PAGES = sorted(
    [
        *(TOP / name for name in ("README.md", "CHANGELOG.md", "asterisk-conf/README.md", "tests/scenarios/README.md")),
        *(TOP / "docs").rglob("*.md"),
    ]
)
OF_TODAY = [page for page in PAGES if page.name != "CHANGELOG.md"]
"""The change log tells of what was, too."""

DEVELOPERS = TOP / "docs" / "developers.md"

_FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`[^`\n]+`")


def prose(text: str) -> str:
    """Without what is quoted: code may hold brackets."""
    return _SPAN.sub("", _FENCED.sub("", text))


def anchors(text: str) -> set[str]:
    """The headings as a page of the repository's host names them."""
    headings = re.findall(r"^#+ (.*)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """The links of a page that lead to no file, or to no heading of it."""
    found = []
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose(text)):
        if re.match(r"https?://", target):
            continue
        name, _, heading = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists() or (heading and heading not in anchors(file.read_text(encoding="utf-8"))):
            found.append(target)
    return found


def commands_of(text: str) -> Iterator[list[str]]:
    """The words of each `ivr-engine …` that a page quotes, up to where the shell would end it."""
    for quoted in (*_FENCED.findall(text), *_SPAN.findall(_FENCED.sub("", text)), *re.findall(r"^    .*$", text, re.M)):
        for words in re.findall(r"(?<!install )ivr-engine ((?:(?!ivr-engine)[^\n`#;&>])*)", quoted):
            yield re.sub(r"[\[\]|…,()]", " ", words).split()


def unknown_in(words: list[str]) -> list[str]:
    """The command or the options among the words that the program does not have."""
    command = get_command(app)
    for word in words:
        if not isinstance(command, TyperGroup):
            break
        if word not in command.commands:
            return [word] if re.fullmatch(r"[a-z-]+", word) else []
        command = command.commands[word]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    used = [word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)]
    return [option for option in used if option not in known | {"--help"}]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_given_a_page_when_its_links_are_followed_then_each_leads_somewhere(page: Path) -> None:
    assert broken_links(page, page.read_text(encoding="utf-8")) == []


def test_given_links_that_lead_nowhere_when_followed_then_they_are_told() -> None:
    page = TOP / "README.md"
    text = "[a](docs/nowhere.md) [b](docs/noc.md#no-such-heading) [c](docs/noc.md) `[d](quoted)` [e](https://x.example)"
    assert broken_links(page, text) == ["docs/nowhere.md", "docs/noc.md#no-such-heading"]


@pytest.mark.parametrize("page", OF_TODAY, ids=lambda page: str(page.relative_to(TOP)))
def test_given_a_page_when_its_commands_are_looked_up_then_command_and_options_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert {" ".join(words): found for words in commands_of(text) if (found := unknown_in(words))} == {}


def test_given_commands_that_are_not_there_when_looked_up_then_they_are_told() -> None:
    quoted = "`ivr-engine chekc x`, `ivr-engine check --formt json`, `ivr-engine db upgrade`"
    assert [unknown_in(words) for words in commands_of(quoted)] == [["chekc"], ["--formt"], []]


def test_given_the_readme_when_its_map_is_read_then_every_folder_of_the_package_is_on_it() -> None:
    mapped = set(re.findall(r"^\| `ivr_engine/(\w+)/` \|", (TOP / "README.md").read_text(encoding="utf-8"), re.M))
    there = {folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()}
    assert mapped == there


def test_given_the_developers_page_when_its_map_is_read_then_every_module_on_it_exists() -> None:
    rows = [line for line in DEVELOPERS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`([\w/*]+\.py|[\w/]+/)`", row)]
    assert len(named) > 20, "the walk has lost the map"
    assert [name for name in named if not is_there(name)] == []


def test_given_the_page_of_settings_when_compared_with_the_class_then_it_says_the_same() -> None:
    written = runpy.run_path(str(TOP / "scripts" / "write_settings"))
    assert (TOP / "docs" / "settings.md").read_text(encoding="utf-8") == written["page"](), "run scripts/write_settings"


def is_there(name: str) -> bool:
    """A module or folder of the package; a bare name is a module anywhere; LANGUAGE and * stand for any."""
    pattern = name.replace("LANGUAGE", "*").rstrip("/")
    return any(PACKAGE.glob(pattern) if "/" in pattern else PACKAGE.rglob(pattern)) or (TOP / pattern).exists()

"""What callers notice of a change: told per number, in sentences, and nothing where they notice nothing."""

from datetime import date
from pathlib import Path

import pytest

from ivr_engine.flow.differences import Differences, compare
from ivr_engine.flow.differences_text import as_markdown, as_plain, as_text
from ivr_engine.flow.revision import load
from tests.flow.conftest import Folder, folder

__all__ = ["folder"]

MONDAY = date(2027, 2, 1)
MENU = """\
  greeting:
    play: greeting
  topic:
    menu: menu
    choices:
      "1": cars
      "2": person
    on_silence: person
  cars:
    queue: transport
"""
OFFICE = "hours: {office: {week: {mon-fri: 09:00-18:00, sat-sun: closed}}}\n"


@pytest.fixture
def menu(folder: Folder) -> Folder:
    folder.flow(MENU)
    return folder


def changed(folder: Folder, file: str, content: str) -> str:
    """What `diff` says about that change."""
    return as_text(found(folder, file, content))


def found(folder: Folder, file: str, content: str) -> Differences:
    old = folder.load()
    folder.write(file, content)
    return compare(old, folder.load(), MONDAY)


def test_given_a_flow_that_is_only_written_otherwise_when_compared_then_nothing_changes(menu: Folder) -> None:
    split = MENU.replace("    play: greeting\n", "    play: greeting\n    next: choose\n").replace("topic:", "choose:")
    assert changed(menu, "flows/main.yaml", f"title: renamed\nsteps:\n{split}") == "nothing changes for callers"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("play: greeting", "play: silence", "callers hear “silence” “menu” instead of “greeting” “menu”"),
        ('"1": cars', '"3": cars', "key 1 is key 3 now"),
        ('      "2": person\n', "", "key 2 is gone; it led to: queue general [ko], needs general"),
        ('"2": person', '"2": person\n      "4": cars', "key 4 is new: queue transport [ko], needs transport"),
        ("queue: transport", "hangup: closed", "after key 1: they come to: ends as closed [ko]; before: queue"),
    ],
)
def test_given_a_change_of_the_menu_when_compared_then_it_is_told(
    menu: Folder, before: str, after: str, says: str
) -> None:
    told = changed(menu, "flows/main.yaml", f"steps:\n{MENU.replace(before, after)}")
    assert says in told
    together = "gone" not in says
    assert ("120, 0200002141:" in told) == together, "numbers whose callers notice the same stand together"


def test_given_hours_when_a_flow_goes_by_them_then_the_change_has_its_hours(menu: Folder) -> None:
    menu.write("hours.yaml", OFFICE)
    by_hours = (
        "  desk:\n    hours: office\n    open: greeting\n    closed: late\n" + MENU + "  late:\n    hangup: closed\n"
    )
    told = changed(menu, "flows/main.yaml", f"steps:\n{by_hours}")
    assert "Mon–Fri 00:00–09:00, 18:00–24:00; Sat–Sun all day; holidays all day: callers hear nothing" in told
    later = changed(menu, "hours.yaml", OFFICE.replace("18:00", "19:00"))
    assert "hours office:\n  open (was closed): Mon–Fri 18:00–19:00" in later
    assert "Mon–Fri 18:00–19:00: callers hear “greeting” “menu” instead of nothing" in later


def test_given_queues_and_numbers_when_they_change_then_only_those_are_told(menu: Folder) -> None:
    queues = (menu.path / "queues.yaml").read_text()
    told = changed(
        menu, "queues.yaml", queues.replace("{requirement: general}", "{requirement: general, promise_seconds: 20}")
    )
    assert told.startswith("queue general:\n  promise: 15 s → 20 s"), "once, not with every key"
    numbers = (menu.path / "numbers.yaml").read_text()
    told = changed(menu, "numbers.yaml", numbers + '  "0200002142": {flow: main}\n')
    assert told.startswith("0200002142:\n  is a number of ours now\n")
    assert "120:" not in told
    told = changed(menu, "numbers.yaml", numbers.replace("requirement: english", "language: en"))
    assert "language: ko → en" in told
    assert "extra skills: english → nothing" in told


def test_given_the_shipped_set_when_compared_with_itself_then_nothing_changes() -> None:
    city = load(Path(__file__).parents[2] / "dialplans")
    assert compare(city, city, MONDAY).none


def test_given_differences_when_told_in_other_forms_then_they_are_the_same(menu: Folder) -> None:
    differences = found(menu, "flows/main.yaml", f"steps:\n{MENU.replace('queue: transport', 'hangup: closed')}")
    plain = as_plain(differences)
    assert plain["numbers"] == [
        {
            "numbers": ["120", "0200002141"],
            "differences": [
                {"after": ["1"], "when": "", "says": differences.numbers[0].differences[0].says},
            ],
        }
    ]
    page = as_markdown(differences)
    assert page.startswith(f"# What changes for callers: {differences.old} → {differences.new}\n")
    assert "\n## 120, 0200002141\n" in page
    assert "\n- after key 1: " in page

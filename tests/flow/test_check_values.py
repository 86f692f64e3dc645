"""A variable has a value before it is used, on every way; else the way on which it has none is told."""

import pytest

from tests.flow.conftest import Folder

DIP = (
    '  look: {{dip: bills, url: "https://water.example/bills", outputs: {{amount: whole_number}}, failed: {failed}}}\n'
    "  say: {{say: amount, as: number}}\n"
)


def codes(folder: Folder) -> list[str]:
    return [line.split(": ")[1] for line in folder.mistakes()]


def test_given_a_way_round_the_question_when_checked_then_that_way_is_told(folder: Folder) -> None:
    folder.flow(
        '  topic: {menu: menu, choices: {"1": ask, "2": note}}\n'
        "  ask: {collect: account, prompts: ask, next: look}\n"
        "  note: {play: greeting}\n"
        "  look: {switch: account, cases: {'1234': person}}\n"
    )
    assert folder.mistakes() == [
        "flows/main.yaml:5:9: unset: 'account' may have no value in step 'look'; on this way it has none: "
        "main/topic → main/note → main/look; give it one with 'set' before"
    ]


@pytest.mark.parametrize(("failed", "wrong"), [("person", False), ("say", True)])
def test_given_a_data_dip_when_its_failure_leads_to_the_answer_then_that_is_a_mistake(
    folder: Folder, failed: str, wrong: bool
) -> None:
    folder.flow(DIP.format(failed=failed))
    if wrong:
        assert "unset" in codes(folder)
    else:
        folder.load()


def test_given_values_set_one_after_the_other_when_checked_then_earlier_ones_may_be_used(folder: Folder) -> None:
    folder.flow("  a: {set: {first: 1, second: first + 1}}\n  b: {switch: second, cases: {2: person}}\n")
    folder.load()
    folder.flow("  a: {set: {second: first + 1, first: 1}}\n  b: {switch: second, cases: {2: person}}\n")
    assert codes(folder) == ["unset"]


def test_given_a_circle_when_checked_then_the_first_round_counts(folder: Folder) -> None:
    folder.flow(
        '  topic: {menu: menu, choices: {"1": begin, "2": say}}\n'
        "  begin: {set: {rounds: 0}}\n"
        "  say: {play: greeting}\n"
        "  more: {set: {rounds: rounds + 1}}\n"
        "  enough: {switch: rounds >= 2, cases: {'true': person}, otherwise: say}\n"
    )
    assert codes(folder) == ["unset"]


def test_given_a_called_flow_when_checked_then_arguments_and_results_have_values(folder: Folder) -> None:
    folder.flow(
        "  ask: {call: double, with: {half: 2}, into: {whole: doubled}}\n  use: {switch: whole, cases: {4: person}}\n"
    )
    folder.flow(
        "  a: {return: {doubled: half + half}}\n",
        "double",
        "takes: {half: whole_number}\nreturns: {doubled: whole_number}\n",
    )
    folder.load()

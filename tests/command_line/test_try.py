"""`ivr-engine try`: a call on one line, and one in the terminal, by the walk that serves citizens."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.whole_command import app

SERVICES = Path(__file__).parents[1] / "scenarios" / "flows_of_services"
SHIPPED = Path(__file__).parents[2] / "dialplans"
BILL = '{"bill": {"amount": 12300, "paid": false}}'


def tried(*words: str, folder: Path = SERVICES, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["try", *words, "--dialplans", str(folder)], input=typed)


def test_given_keys_when_a_call_is_tried_then_steps_places_texts_and_outcome_are_told() -> None:
    done = tried("120", "--keys", "2", "--at", "2027-02-07 21:30", folder=SHIPPED)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert any("flows/main.yaml:" in line and "main/" in line for line in lines)
    assert any("♪ “" in line and ", ko]" in line for line in lines)
    assert any(line.startswith("= queue ") for line in lines)


@pytest.mark.parametrize(
    ("answer", "comes_through"),
    [
        (f"ok:{BILL}", "services/due"),
        (f"ok:{BILL.replace('false', 'true')}", "services/nothing_due"),
        ('ok:{"bill": 1}', "services/unknown"),
        ("slow", "services/unknown"),
    ],
)
def test_given_what_another_system_answers_when_tried_then_the_flow_goes_that_way(
    answer: str, comes_through: str
) -> None:
    done = tried("0200001097", "--keys", "1,1234", "--dip", f"waterworks={answer}")
    assert (done.exit_code, comes_through in done.output) == (0, True), done.output


def test_given_a_message_when_tried_then_its_length_decides() -> None:
    kept, silent = (tried("0200001097", "--keys", f"3,{message}", "--format", "json") for message in ("12s", ""))
    ends = [json.loads(done.output)["turns"][-1]["outcome"]["packed"] for done in (kept, silent)]
    assert ends[0].startswith("end:voicemail")
    assert not ends[1].startswith("end:voicemail")


def test_given_a_wrong_outcome_when_one_is_expected_then_the_exit_status_tells() -> None:
    assert tried("4711", "--expect", "queue:water", folder=SHIPPED).exit_code == 1
    assert tried("4711", "--keys", "", "--expect", "end:rejected", folder=SHIPPED).exit_code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--at", "tomorrow"), "2027-02-07 21:30"),
        (("--language", "xx"), "ko, en"),
        (("--keys", "1,x"), "'x' is no key"),
        (("--dip", "waterwork=slow"), "did you mean 'waterworks'?"),
        (("--dip", "waterworks=asleep"), "unreachable"),
    ],
)
def test_given_a_word_that_cannot_be_meant_when_tried_then_it_says_what_could(
    words: tuple[str, ...], says: str
) -> None:
    done = tried("120", *words)
    assert (done.exit_code, says in done.output) == (2, True), done.output


def test_given_a_number_of_another_folder_when_tried_then_it_says_so_with_the_nearest() -> None:
    done = tried("0200001098", "--keys", "")
    assert "0200001098 is no number of" in done.output
    assert "did you mean 0200001097?" in done.output


def test_given_somebody_at_the_terminal_when_he_presses_and_leaves_then_it_goes_along() -> None:
    done = tried("0200001097", typed="1\n1234\n" + BILL + "\n")
    assert "services/due" in done.output
    assert done.output.count("services/topic") == 1, "a turn is shown once"
    left = tried("0200001097", typed="")
    assert (left.exit_code, "hangs up" in left.output) == (0, True)


def test_given_a_broken_folder_when_tried_then_every_mistake_is_told(tmp_path: Path) -> None:
    (tmp_path / "numbers.yaml").write_text("numbers: {'120': {flow: nowhere}}\n")
    done = tried("120", folder=tmp_path)
    assert (done.exit_code, "numbers.yaml:1" in done.output) == (1, True), done.output

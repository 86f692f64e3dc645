"""The board, rendered to text: the six figures, agents, queues, dispositions, last events."""

import io
import re
from dataclasses import replace
from datetime import UTC

import pytest
from rich.console import Console, RenderableType

from ivr_engine.board import LOG_LINES, MOST_QUEUES, Totals, export_svg, render
from ivr_engine.core.notices import SwitchStateChanged
from ivr_engine.core.views import View
from ivr_engine.core.vocabulary import AgentState, ContactPhase, Disposition, OfferResult, Presence, TransferResult
from tests.api.desk import NOW_MS, agent, contact, queue, view
from tests.small_day import began, connected, ended, entry, missed, offer_ended, transferred, waits


def shown(board: RenderableType, width: int = 110) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(board)
    return console.export_text()


def drawn(now: View | None = None, totals: Totals | None = None) -> str:
    return shown(render(now or view(), totals or Totals(), zone=UTC))


def figure(text: str, name: str) -> str:
    """What stands under a name in the table of the six figures."""
    lines = text.splitlines()
    row = next(number for number, line in enumerate(lines) if name in line and "longest wait" in line)
    place = [cell.strip() for cell in lines[row].split("│")].index(name)
    return re.split("[│]", lines[row + 2])[place].strip()


def test_given_a_view_when_drawn_then_the_six_figures_are_right() -> None:
    now = replace(
        view(),
        contacts=(
            contact("c1"),
            contact("c2"),
            contact("c3", phase=ContactPhase.OFFERED),
            *view().contacts[1:],
        ),
    )
    totals = Totals()
    totals.record(entry(connected(15_000, "a"), connected(15_001, "b"), ended(Disposition.ABANDONED, None, "c")))
    totals.record(entry(connected(3_000, "d")))
    text = drawn(now, totals)
    assert figure(text, "waiting") == "2"
    assert figure(text, "ringing") == "1"
    assert figure(text, "talking") == "1"
    assert figure(text, "within 15 s") == "50.0%"
    assert "of offered" in text
    assert figure(text, "longest wait") == "4.0 s"
    assert figure(text, "in transfer") == "1"


def test_given_nothing_yet_when_drawn_then_no_share_is_invented() -> None:
    text = drawn(View(NOW_MS, True, (), (), ()))
    assert figure(text, "within 15 s") == "–"
    assert "nobody is configured" in text
    assert "nothing yet" in text


def test_given_an_answered_contact_when_it_ends_then_it_is_judged_once() -> None:
    totals = Totals()
    totals.record(entry(began(), waits(), connected(4_000)))
    totals.record(entry(ended()))
    assert (totals.began, totals.judged, totals.service_level) == (1, 1, 1.0)
    assert totals.dispositions == {Disposition.ANSWERED: 1}


def test_given_a_contact_that_ended_in_the_flow_when_counted_then_it_is_not_part_of_the_service_level() -> None:
    totals = Totals()
    totals.record(entry(ended(Disposition.CLOSED, None, queue="")))
    assert totals.service_level is None
    assert totals.dispositions.total() == 1


def test_given_agents_in_every_state_when_drawn_then_each_is_one_cell_and_one_count() -> None:
    agents = (
        agent("1"),
        agent("2", state=AgentState.OFFERED),
        agent("3", state=AgentState.ON_CONTACT),
        agent("4", state=AgentState.WRAP_UP),
        agent("5", presence=Presence.ON_BREAK),
        agent("6", presence=Presence.LOGGED_OUT),
        agent("7", resting_until_ms=NOW_MS + 1),
        agent("8", resting_until_ms=NOW_MS),
    )
    text = drawn(replace(view(), agents=agents))
    assert "● ◉ ■ ▣ ○ · ◍ ●" in text
    assert "8 agents" in text
    for words in ("idle 2", "resting 1", "ringing 1", "talking 1", "wrap-up 1", "break 1", "out 1"):
        assert words in text


def test_given_an_agent_on_break_who_still_talks_when_drawn_then_the_talk_is_shown() -> None:
    talking = agent("1", presence=Presence.ON_BREAK, state=AgentState.ON_CONTACT)
    assert "■" in drawn(replace(view(), agents=(talking,)))


def test_given_more_queues_than_fit_when_drawn_then_the_busiest_come_first_and_the_rest_are_counted() -> None:
    queues = [queue(f"q{number:02}", waiting=0, connected=0) for number in range(MOST_QUEUES + 3)]
    queues[-1] = queue("busy", waiting=9)
    text = drawn(replace(view(), queues=tuple(queues)))
    assert text.index("busy") < text.index("q00")
    assert "and 3 quieter queues" in text


def test_given_dispositions_when_drawn_then_each_has_its_count_and_they_add_up() -> None:
    totals = Totals()
    for number in range(3):
        totals.record(entry(ended(contact=f"c{number}")))
    totals.record(entry(ended(Disposition.SELF_SERVED, None, queue="")))
    lines = drawn(totals=totals).splitlines()
    assert next(line for line in lines if "answered" in line).count("█") == 10
    assert " 1 " in next(line for line in lines if "self served" in line)
    assert any("all" in line and " 4 " in line for line in lines)


def test_given_more_events_than_lines_when_drawn_then_the_last_ones_are_shown_with_their_time() -> None:
    totals = Totals()
    for number in range(LOG_LINES + 2):
        totals.record(entry(connected(1_000 * (number + 1), f"c{number}")))
    text = drawn(totals=totals)
    assert "after 2.0 s" not in text
    assert "13:20:00  1001 answers general after 10.0 s" in text


@pytest.mark.parametrize(
    ("notice", "words"),
    [
        (offer_ended(OfferResult.NO_ANSWER), "1001: offer no answer"),
        (missed(), "general: a citizen waits longer than 15 s"),
        (transferred(TransferResult.COMPLETED), "1001: transfer 7001 completed"),
        (SwitchStateChanged(connected=False), "switch lost"),
        (SwitchStateChanged(connected=True, adopted_contacts=4), "switch seen, 4 contacts adopted"),
        (ended(Disposition.SWITCH_FAILURE, None), "contact switch failure in general"),
    ],
)
def test_given_what_somebody_should_see_when_it_happens_then_a_line_says_so(notice: object, words: str) -> None:
    totals = Totals()
    totals.record(entry(notice))  # type: ignore[arg-type]
    assert words in drawn(totals=totals)


def test_given_names_with_markup_when_drawn_then_they_are_text_and_not_markup() -> None:
    text = drawn(replace(view(), queues=(queue("[red]x[/red]"),)))
    assert "[red]x[/red]" in text


def test_given_a_lost_switch_when_drawn_then_the_head_says_so() -> None:
    assert "switch lost" in drawn(replace(view(), switch_connected=False))


def test_given_no_caller_on_the_board_when_drawn_then_none_can_be_read_off_it() -> None:
    totals = Totals()
    totals.record(entry(began(), connected(), ended()))
    assert "5678" not in drawn(totals=totals)


@pytest.mark.parametrize("width", [80, 100, 110, 160])
def test_given_a_terminal_of_any_usual_width_when_drawn_then_no_line_is_longer(width: int) -> None:
    now = replace(view(), agents=tuple(agent(str(1000 + number)) for number in range(200)))
    lines = shown(render(now, Totals(), footer="API http://127.0.0.1:8120", zone=UTC), width).splitlines()
    assert max(len(line) for line in lines) <= width


def test_given_a_board_when_exported_then_it_is_the_same_svg_each_time_without_a_terminal() -> None:
    first, second = (export_svg(render(view(), Totals(), zone=UTC), title="120") for _ in range(2))
    assert first == second
    assert first.startswith("<svg")
    assert "waiting" in first

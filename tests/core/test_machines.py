"""The tables as tables: every state can be reached, an end is an end, and the drawings say what runs."""

import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import pytest

from ivr_engine.core import transfer
from ivr_engine.core.agent import AGENT_PRESENCE, AGENT_STATES, CHOOSING
from ivr_engine.core.callback import CALLBACK_STATES
from ivr_engine.core.contact import CONTACT_PHASES
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.machine import Table
from ivr_engine.core.offer import OFFER_STATES, STIMULUS_OF, OfferState
from ivr_engine.core.transfer import LATE_ROWS, TRANSFER_ROWS, TransferStimulus, transfer_row
from ivr_engine.core.vocabulary import (
    AgentState,
    ContactPhase,
    OfferFailure,
    OfferResult,
    Presence,
    TransferState,
)

TOP = Path(__file__).parents[2]
TABLES: list[Table[StrEnum, StrEnum]] = [AGENT_STATES, AGENT_PRESENCE, CONTACT_PHASES, OFFER_STATES, CALLBACK_STATES]  # type: ignore[list-item]


def by_name(table: Table[StrEnum, StrEnum]) -> str:
    return table.name


def reached(initial: StrEnum, steps: dict[tuple[StrEnum, StrEnum], StrEnum]) -> set[StrEnum]:
    found, fresh = set[StrEnum](), {initial}
    while fresh:
        found |= fresh
        fresh = {following for (state, _), following in steps.items() if state in found} - found
    return found


@pytest.mark.parametrize("table", TABLES, ids=by_name)
def test_given_a_table_when_walked_without_its_late_rows_then_every_state_is_reached(
    table: Table[StrEnum, StrEnum],
) -> None:
    timely = {key: state for key, state in table.rows.items() if key not in table.late}
    assert reached(table.initial, timely) == set(type(table.initial))
    assert table.late <= table.rows.keys()


def test_given_the_transfer_table_when_walked_then_every_state_is_reached_and_late_rows_add_none_twice() -> None:
    timely = {key: row.state for key, row in TRANSFER_ROWS.items()}
    assert reached(TransferState.TALKING, timely) == set(TransferState)  # type: ignore[arg-type]
    assert not TRANSFER_ROWS.keys() & LATE_ROWS.keys()
    assert {stimulus for _, stimulus in TRANSFER_ROWS} == set(TransferStimulus)


@pytest.mark.parametrize(
    ("table", "finals"),
    [
        (CONTACT_PHASES, {ContactPhase.ENDED}),
        (OFFER_STATES, set(OfferState) - {OfferState.OPEN}),
        (AGENT_STATES, set()),
        (AGENT_PRESENCE, set()),
    ],
    ids=["contact", "offer", "agent", "presence"],
)
def test_given_a_table_when_a_state_is_an_ending_then_nothing_leads_out_of_it(
    table: Table[StrEnum, StrEnum], finals: set[StrEnum]
) -> None:
    assert {state for state in type(table.initial) if not table.legal(state)} == finals


def test_given_a_transfer_that_ended_when_anything_happens_then_it_is_illegal() -> None:
    for stimulus in TransferStimulus:
        with pytest.raises(IllegalEvent, match=f"transfer: {stimulus} is not possible while ended; possible: nothing"):
            transfer_row(TransferState.ENDED, stimulus)


@pytest.mark.parametrize("table", TABLES, ids=by_name)
def test_given_a_missing_row_when_it_is_asked_for_then_the_error_names_machine_state_and_what_is_possible(
    table: Table[StrEnum, StrEnum],
) -> None:
    stimuli = {stimulus for _, stimulus in table.rows}
    missing = [(state, stimulus) for state in type(table.initial) for stimulus in stimuli - table.legal(state)]
    for state, stimulus in missing:
        with pytest.raises(IllegalEvent) as refused:
            table.after(state, stimulus)
        assert str(refused.value).startswith(f"{table.name}: {stimulus} is not possible while {state}; possible: ")
        for legal in table.legal(state):
            assert legal in str(refused.value)
    assert bool(missing) == (table is not AGENT_PRESENCE), "a person may choose any presence at any time"


def test_given_the_words_when_they_are_mapped_to_stimuli_then_none_is_missing() -> None:
    assert CHOOSING.keys() == set(Presence)
    assert STIMULUS_OF.keys() == set(OfferFailure)
    assert {state.value for state in OfferState} - {"open"} == {result.value for result in OfferResult}


def test_given_a_table_when_drawn_then_rows_between_the_same_states_share_an_arrow_and_late_ones_have_none() -> None:
    drawn = CONTACT_PHASES.mermaid(ends=(ContactPhase.ENDED,)).splitlines()
    assert drawn[:2] == ["stateDiagram-v2", "    [*] --> in_flow"]
    assert drawn[-1] == "    ended --> [*]"
    assert "    offered --> queued : offer_over" in drawn
    assert not any(line.startswith("    queued --> connected") for line in drawn)
    assert "    idle --> offered : offer_started" in AGENT_STATES.mermaid().splitlines()
    assert AgentState.IDLE is AGENT_STATES.initial
    assert "    held --> talking : resume · cancel · resumed · refused" in transfer.mermaid().splitlines()


def test_given_the_page_of_machines_when_compared_with_the_tables_then_it_says_what_runs() -> None:
    checked = subprocess.run(
        [sys.executable, str(TOP / "scripts" / "draw_machines"), "--check"],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_given_an_unknown_argument_when_the_script_is_run_then_it_says_how_and_writes_nothing() -> None:
    refused = subprocess.run(
        [sys.executable, str(TOP / "scripts" / "draw_machines"), "--wrong"],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (refused.returncode, refused.stderr) == (2, "usage: scripts/draw_machines [--check]\n")

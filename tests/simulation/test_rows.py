"""Two CSV files: what is refused, and with which words."""

import pytest

from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.simulation import rows
from ivr_engine.simulation.day import SimulatedDay
from ivr_engine.simulation.policy import POLICIES, played

CONTACTS = """contact,arrival_seconds,queue,requirement,priority,handle_seconds,patience_seconds,pickup_seconds
c1,0.5,water,water,0,60,120,2
c2,1,water,water,5,60,120,2
"""
AGENTS = """agent,contractor,skills,from_seconds,to_seconds
a1,hansol,water:3 tax:1,0,3600
a1,hansol,water:3 tax:1,7200,9000
"""


def _day(contacts: str = CONTACTS, agents: str = AGENTS) -> SimulatedDay:
    return rows.day(rows.File("contacts.csv", contacts.encode()), rows.File("agents.csv", agents.encode()))


def test_given_two_files_when_played_then_the_results_have_a_row_for_each_contact() -> None:
    written = rows.results(played(_day(), POLICIES["longest_idle"])).splitlines()
    assert written == ["contact,answered_seconds,agent,abandoned_seconds", "c1,2.500,a1,", "c2,64.500,a1,"]


@pytest.mark.parametrize(
    ("contacts", "agents", "told"),
    [
        (CONTACTS.replace("c2,1,", "c2,-1,"), AGENTS, "contacts.csv:3:4: negative: arrival_seconds"),
        (
            CONTACTS.replace("c2,1,", "c1,1,"),
            AGENTS,
            "contacts.csv:3:1: doubled: contact: this contact stands in line 2",
        ),
        (CONTACTS.replace("water,5", "watr,5"), AGENTS, "contacts.csv:3:12: unknown_skill: requirement: no agent has"),
        (CONTACTS.replace(",60,120,2\nc2", ",x,120,2\nc2"), AGENTS, "contacts.csv:2:22: seconds: handle_seconds"),
        (CONTACTS.replace("water,5", "water,high"), AGENTS, "contacts.csv:3:18: number: priority"),
        (CONTACTS.replace("queue", "que"), AGENTS, "contacts.csv:1:1: unknown_column: no such column; found 'que'"),
        (CONTACTS.replace("c2,1,water", "c2,1"), AGENTS, "contacts.csv:3:1: cells: 7 cells; the header has 8"),
        ("", AGENTS, "contacts.csv:1:1: empty"),
        (
            "\n".join(CONTACTS.splitlines()[:1]),
            AGENTS.splitlines()[0] + "\n",
            "agents.csv:1:1: no_agents: nobody is ever",
        ),
        (CONTACTS, AGENTS.replace("0,3600", "60,30"), "agents.csv:2:28: spell: to_seconds"),
        (CONTACTS, AGENTS.replace("7200", "1800"), "agents.csv:3:1: overlap: this spell begins before the last one"),
        (CONTACTS, AGENTS.replace("water:3 tax:1,7200", "water:4,7200"), "agents.csv:3:1: doubled: agent: another"),
        (CONTACTS, AGENTS.replace("water:3", "water:9"), "agents.csv:2:11: skill: skills: a skill is written"),
    ],
)
def test_given_a_mistake_when_read_then_it_is_told_with_file_line_and_column(
    contacts: str, agents: str, told: str
) -> None:
    with pytest.raises(FlowErrors) as refused:
        _day(contacts, agents)
    assert any(str(found).startswith(told) for found in refused.value.diagnostics), str(refused.value)

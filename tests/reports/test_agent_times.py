"""Agents' times add up to the time for which they were logged in, whatever a day was like (invariant I14)."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import LegEnded, OfferAnswered, OfferFailed, PresenceChosen, WrapUpFinished
from ivr_engine.core.notices import AgentChanged, OfferMade
from ivr_engine.core.vocabulary import AgentId, AgentState, LegId, OfferFailure, Presence
from ivr_engine.reports.agents import AgentsReport
from ivr_engine.reports.book import report_of
from ivr_engine.reports.question import MINUTE_MS, Dimension, Kind, Question
from tests.core.centre import START_MS, counsellor
from tests.reports.journalled import Journalled

AGENTS = tuple(
    replace(counsellor(name), contractor=contractor)
    for name, contractor in (("1001", "han"), ("1002", "han"), ("1003", "nam"))
)
BY = (
    (),
    (Dimension.AGENT,),
    (Dimension.CONTRACTOR,),
    (Dimension.AGENT, Dimension.INTERVAL),
)

steps = st.lists(
    st.tuples(
        st.sampled_from(["calls", "answers", "misses", "hangs up", "done", "presence"]),
        st.integers(0, 2),
        st.sampled_from(list(Presence)),
        st.sampled_from(["lunch", "training", ""]),
        st.integers(0, 400_000),
    ),
    min_size=5,
    max_size=60,
)


def lived(day: list[tuple[str, int, Presence, str, int]]) -> Journalled:
    """The day through the real engine: people do as the steps say, where they can."""
    centre = Journalled(*AGENTS, log_in=False)
    citizens = 0
    for what, nth, presence, reason, pause_ms in day:
        agent = AGENTS[nth].id
        view = next(one for one in centre.engine.view().agents if one.id == agent)
        offer = next(
            (
                one
                for one in reversed([notice for entry in centre.entries for notice in entry.notices])
                if isinstance(one, OfferMade) and one.agent == agent
            ),
            None,
        )
        try:
            match what:
                case "calls":
                    citizens += 1
                    centre.citizen(f"c{citizens}").queues()
                case "answers" if offer is not None and view.state is AgentState.OFFERED:
                    centre.tell(OfferAnswered(offer.offer, offer.contact, agent))
                case "misses" if offer is not None and view.state is AgentState.OFFERED:
                    centre.tell(OfferFailed(offer.offer, OfferFailure.NO_ANSWER))
                case "hangs up" if view.contact is not None and offer is not None:
                    centre.tell(LegEnded(LegId(view.contact)), LegEnded(LegId(offer.offer)))
                case "done" if view.state is AgentState.WRAP_UP:
                    centre.tell(WrapUpFinished(agent))
                case "presence":
                    centre.tell(PresenceChosen(agent, presence, reason))
                case _:
                    pass
        except IllegalEvent:
            centre.engine.unfinished()
        centre.wait(pause_ms)
    return centre


def logged_in_ms(centre: Journalled, agent: AgentId, from_ms: int, to_ms: int) -> int:
    """Counted another way: second by second's worth of what the last notice said."""
    spans, since, there = 0, 0, False
    told = [
        (entry.at_ms, notice)
        for entry in centre.entries
        for notice in entry.notices
        if isinstance(notice, AgentChanged) and notice.agent == agent
    ]
    for at_ms, notice in told:
        now = notice.presence is not Presence.LOGGED_OUT or notice.state is not AgentState.IDLE
        if now and not there:
            since = at_ms
        elif there and not now:
            spans += max(0, min(at_ms, to_ms) - max(since, from_ms))
        there = now
    return spans + (max(0, to_ms - max(since, from_ms)) if there else 0)


@settings(max_examples=60, deadline=None)
@given(day=steps, late_ms=st.integers(0, 600_000), by=st.sampled_from(BY))
def test_given_any_day_when_an_agent_s_time_is_reported_then_its_parts_add_up_to_the_time_logged_in(
    day: list[tuple[str, int, Presence, str, int]], late_ms: int, by: tuple[Dimension, ...]
) -> None:
    centre = lived(day)
    from_ms, to_ms = START_MS + late_ms, max(START_MS + late_ms + 1, centre.now_ms)
    question = Question(from_ms, to_ms, Kind.AGENTS, by, 15 * MINUTE_MS)
    report = report_of(question, centre.entries, to_ms)
    assert isinstance(report, AgentsReport)
    for row in (*report.rows, report.total):
        assert row.times.accounted_ms == row.times.logged_in_ms
    expected = {agent.id: logged_in_ms(centre, agent.id, from_ms, to_ms) for agent in AGENTS}
    assert report.total.times.logged_in_ms == sum(expected.values())
    if by == (Dimension.AGENT,):
        assert {row.key[0]: row.times.logged_in_ms for row in report.rows} == {
            agent: spent for agent, spent in expected.items() if spent or (agent,) in {row.key for row in report.rows}
        }
    if Dimension.INTERVAL in by:
        assert all(row.times.logged_in_ms <= question.interval_ms for row in report.rows)


def test_given_a_known_day_when_reported_then_each_part_has_its_length() -> None:
    centre = Journalled(AGENTS[0], log_in=False)
    agent = AGENTS[0].id
    centre.tell(PresenceChosen(agent, Presence.AVAILABLE))
    centre.wait(60_000)
    centre.citizen("c1").queues()
    centre.wait(3_000)
    offer = next(one for entry in centre.entries for one in entry.notices if isinstance(one, OfferMade))
    centre.tell(OfferAnswered(offer.offer, offer.contact, agent))
    centre.wait(100_000)
    centre.tell(LegEnded(LegId("c1")), LegEnded(LegId(offer.offer)))
    centre.wait(20_000)
    centre.tell(PresenceChosen(agent, Presence.ON_BREAK, "lunch"))
    centre.wait(40_000)
    centre.tell(PresenceChosen(agent, Presence.LOGGED_OUT))
    centre.wait(500_000)
    report = report_of(Question(START_MS, centre.now_ms, Kind.AGENTS), centre.entries, centre.now_ms)
    assert isinstance(report, AgentsReport)
    times = report.total.times
    assert (times.idle_ms, times.offered_ms, times.on_contact_ms, times.wrap_up_ms) == (60_000, 3_000, 100_000, 20_000)
    assert (times.break_ms, times.logged_in_ms, times.offers_answered) == ({"lunch": 40_000}, 223_000, 1)
    assert times.occupancy == 120_000 / 183_000


def test_given_an_engine_that_starts_anew_when_reported_then_agents_were_there_all_the_time() -> None:
    centre = Journalled(AGENTS[0])
    centre.wait(60_000)
    centre.configure()
    centre.wait(60_000)
    report = report_of(Question(START_MS, centre.now_ms, Kind.AGENTS), centre.entries, centre.now_ms)
    assert isinstance(report, AgentsReport)
    assert report.total.times.idle_ms == 120_000


def test_given_an_agent_taken_out_of_the_configuration_when_reported_then_the_time_ends_there() -> None:
    centre = Journalled(*AGENTS[:2])
    centre.wait(60_000)
    centre.configure(AGENTS[0])
    centre.wait(60_000)
    question = Question(START_MS, centre.now_ms, Kind.AGENTS, (Dimension.AGENT,))
    report = report_of(question, centre.entries, centre.now_ms)
    assert isinstance(report, AgentsReport)
    assert {row.key: row.times.logged_in_ms for row in report.rows} == {("1001",): 120_000, ("1002",): 60_000}

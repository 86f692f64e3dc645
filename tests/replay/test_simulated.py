"""The simulated level: what people live through, with the core, the flow and the dialplan's contexts for real."""

from dataclasses import replace
from pathlib import Path

import pytest

from ivr_engine.replay.history import Verb
from ivr_engine.replay.scenario import Scenario, WorldAct
from ivr_engine.replay.simulated import run
from tests.replay.stage import (
    HERE,
    MONDAY_MS,
    QUEUED_MS,
    AgentPlan,
    Answering,
    By,
    CitizenPlan,
    Conduct,
    Happening,
    QueueChange,
    TalkAct,
    Trigger,
    agent,
    citizen,
    does,
    hangs_up,
    hong,
    official,
    perform,
    presses,
    story,
    told,
    when,
    world,
)

STAYS = Conduct(talk_ms=None)
CALLS = does(TalkAct.CONSULT, 2_000)


# ── the flow ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_old_number_when_it_is_dialled_then_the_greeting_is_heard_and_its_agency_known() -> None:
    played = perform(hong(), agent())
    assert told(played, "hong", Verb.HEARD) == ["greeting"]
    assert when(played, "hong", Verb.QUEUED) == pytest.approx(QUEUED_MS, abs=5)
    assert [fact.details["agency"] for fact in played.history.of("hong") if fact.verb is Verb.ENDED] == ["city_hall"]
    assert told(played, "1001", Verb.AGENT) == ["offered", "on_contact", "wrap_up", "idle"]


@pytest.mark.parametrize(
    ("keys", "heard", "queue"),
    [
        ("1", ["greeting", "menu"], "transport"),
        ("2", ["greeting", "menu"], "water"),
        ("7", ["greeting", "menu", "wrong_key", "menu"], "general"),
        ("", ["greeting", "menu"], "general"),
    ],
)
def test_given_the_main_menu_when_a_key_is_pressed_then_it_leads_where_the_flow_says(
    keys: str, heard: list[str], queue: str
) -> None:
    acts = (presses(keys, "menu"),) if keys else ()
    played = perform(hong(*acts, dials="120"), agent(skills="general transport water"))
    assert told(played, "hong", Verb.HEARD) == heard
    assert story(played) == f"{queue} 1001 answered 1001 answered"


def test_given_a_key_during_the_menu_when_it_is_pressed_then_the_recording_stops_at_once() -> None:
    played = perform(hong(presses("1", "menu", 700), dials="120"), agent(skills="transport"))
    waited_ms = when(played, "hong", Verb.QUEUED) - when(played, "hong", Verb.HEARD, 2)
    assert 700 <= waited_ms <= 710


def test_given_a_key_during_the_greeting_when_the_flow_asks_next_then_it_is_the_answer() -> None:
    played = perform(hong(presses("1", "greeting", 300), dials="120"), agent(skills="transport"))
    assert told(played, "hong", Verb.HEARD) == ["greeting"]
    assert story(played).startswith("transport 1001")


def test_given_a_number_of_nobody_when_it_is_dialled_then_it_says_so_and_ends_rejected() -> None:
    played = perform(hong(dials="0299999999"))
    assert told(played, "hong", Verb.HEARD, Verb.ENDED) == ["not_in_service", "rejected"]


def test_given_what_no_context_takes_when_it_is_dialled_then_nobody_arrives() -> None:
    assert story(perform(hong(dials="nobody"))) == ""


def test_given_a_run_when_it_is_over_then_it_tells_which_steps_and_branches_were_reached() -> None:
    played = perform(hong(presses("7", "menu"), dials="120"), agent())
    assert set(played.reached) == {
        ("main", "greeting", ""),
        ("main", "greeting", "next"),
        ("main", "surge", ""),
        ("main", "surge", "open"),
        ("main", "topic", ""),
        ("main", "topic", "wrong"),
        ("main", "topic", "silence"),
    }


# ── offers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("first", "cause", "lost_ms"),
    [
        (agent("1001", Conduct(Answering.DECLINES)), "declined", 1_010),
        (agent("1001", Conduct(Answering.BUSY)), "busy", 1_010),
        (agent("1001", Conduct(Answering.SILENT)), "no_answer", 10_010),
        (agent("1001", registered=False), "unreachable", 260),
    ],
)
def test_given_a_phone_that_does_not_answer_when_it_is_offered_then_the_cause_is_told_and_the_next_one_rings(
    first: AgentPlan, cause: str, lost_ms: int
) -> None:
    played = perform(hong(), first, agent("1002"))
    (missed, answered) = [fact for fact in played.history.of("hong") if fact.verb is Verb.OFFER_ENDED]
    assert (missed.details["cause"], answered.details["agent"]) == (cause, "1002")
    assert missed.at_ms - when(played, "hong", Verb.OFFERED) == pytest.approx(lost_ms, abs=10)


def test_given_two_refusals_when_asterisk_tells_of_them_then_once_the_hangup_comes_first_and_once_last() -> None:
    played = perform(hong(), *(agent(f"100{n}", Conduct(Answering.DECLINES)) for n in (1, 2)), agent("1003"))
    assert story(played) == "general 1001 declined 1002 declined 1003 answered 1003 answered"


@pytest.mark.parametrize("after_ms", range(995, 1_012))
def test_given_a_citizen_who_leaves_about_the_answer_when_all_is_over_then_books_agree_and_nobody_is_stuck(
    after_ms: int,
) -> None:
    played = perform(hong(hangs_up(Trigger.RINGING, after_ms)), agent("1001", STAYS))
    # the switch tells of a leg's end some milliseconds after it: for so long somebody may be rung for who is gone
    assert story(played) in (
        "general 1001 withdrawn abandoned",
        "general 1001 withdrawn 1001 withdrawn abandoned",
        "general 1001 answered 1001 answered",
    )
    assert told(played, "1001", Verb.AGENT)[-1] == "idle"


def test_given_one_agent_when_two_wait_then_the_first_to_come_is_the_first_to_be_served() -> None:
    played = perform(
        hong(),
        citizen("kim", arrives_ms=100),
        agent("1001", Conduct(talk_ms=3_000)),
        QueueChange("general", wrap_up_ms=0),
    )
    assert when(played, "hong", Verb.CONNECTED) < when(played, "kim", Verb.CONNECTED)


@pytest.mark.parametrize("wait_ms", [15_000, 15_001])
def test_given_a_promise_of_15_seconds_when_the_answer_comes_about_then_then_it_is_kept_up_to_the_millisecond(
    wait_ms: int,
) -> None:
    quick = perform(hong(), agent("1001", Conduct(after_ms=0)))
    way_ms = int(next(fact.details["wait_ms"] for fact in quick.history.of("hong") if fact.verb is Verb.CONNECTED))
    late = Conduct(after_ms=wait_ms - way_ms)
    played = perform(hong(), agent("1001", late), QueueChange("general", ring_ms=20_000))
    (connected,) = [fact for fact in played.history.of("hong") if fact.verb is Verb.CONNECTED]
    assert connected.details["wait_ms"] == str(wait_ms)
    assert connected.details["within_promise"] == ("true" if wait_ms == 15_000 else "false")


def test_given_nobody_when_patience_ends_then_the_citizen_leaves_after_exactly_that() -> None:
    played = perform(hong(patience_ms=30_000))
    assert when(played, "hong", Verb.ENDED) - when(played, "hong", Verb.QUEUED) == pytest.approx(30_000, abs=10)
    assert story(played) == "general abandoned"


# ── talks and transfers ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("by", [By.API, By.PHONE])
def test_given_a_talk_when_the_agent_holds_and_resumes_then_both_hear_each_other_again(by: By) -> None:
    acts = (does(TalkAct.HOLD, 2_000, by), does(TalkAct.RESUME, 9_000, by))
    played = perform(hong(), agent("1001", Conduct(talk_ms=20_000), acts=acts))
    assert story(played) == "general 1001 answered 1001 held talking answered"


TRANSFERS = {
    "completed": (
        official(Conduct(talk_ms=20_000)),
        (CALLS, does(TalkAct.COMPLETE, 6_000)),
        "ringing consulting handed_over completed",
    ),
    "cancelled": (official(STAYS), (CALLS, does(TalkAct.CANCEL, 6_000)), "ringing consulting talking cancelled"),
    "cancelled while ringing": (
        official(Conduct(Answering.SILENT)),
        (CALLS, does(TalkAct.CANCEL, 6_000)),
        "ringing talking cancelled",
    ),
    "hanging up is completing": (
        official(Conduct(talk_ms=20_000)),
        (CALLS, does(TalkAct.HANG_UP, 6_000)),
        "ringing consulting handed_over completed",
    ),
    "busy": (official(Conduct(Answering.BUSY)), (CALLS,), "ringing talking failed"),
    "declined": (official(Conduct(Answering.DECLINES)), (CALLS,), "ringing talking failed"),
    "silent": (official(Conduct(Answering.SILENT)), (CALLS,), "ringing talking failed"),
    "the official hangs up": (official(Conduct(talk_ms=3_000)), (CALLS,), "ringing consulting talking failed"),
    "conference, the agent leaves": (
        official(Conduct(talk_ms=20_000)),
        (CALLS, does(TalkAct.CONFERENCE, 6_000), does(TalkAct.HANG_UP, 9_000)),
        "ringing consulting conference handed_over completed",
    ),
    "conference, the official leaves": (
        official(Conduct(talk_ms=8_000)),
        (CALLS, does(TalkAct.CONFERENCE, 6_000)),
        "ringing consulting conference talking failed",
    ),
    "conference, taken back": (
        official(STAYS),
        (CALLS, does(TalkAct.CONFERENCE, 6_000), does(TalkAct.CANCEL, 9_000)),
        "ringing consulting conference talking cancelled",
    ),
    "by phone": (
        official(Conduct(talk_ms=20_000)),
        (
            does(TalkAct.HOLD, 1_000, By.PHONE),
            does(TalkAct.CONSULT, 3_000, By.PHONE),
            does(TalkAct.CONFERENCE, 9_000, By.PHONE),
            does(TalkAct.COMPLETE, 12_000, By.PHONE),
        ),
        "held ringing consulting conference handed_over completed",
    ),
}


@pytest.mark.parametrize("way", TRANSFERS)
def test_given_a_consult_when_it_goes_one_way_or_another_then_the_citizen_is_never_alone(way: str) -> None:
    recipient, acts, expected = TRANSFERS[way]
    played = perform(hong(), recipient, agent("1001", Conduct(talk_ms=60_000), acts=acts))
    assert story(played) == f"general 1001 answered 1001 {expected} answered"


def test_given_a_ringing_official_when_the_agent_hangs_up_then_the_citizen_is_first_in_the_queue_again() -> None:
    acts = (CALLS, does(TalkAct.HANG_UP, 6_000))
    played = perform(hong(), official(Conduct(Answering.SILENT)), agent("1001", STAYS, acts=acts), agent("1002"))
    assert story(played) == ("general 1001 answered 1001 ringing ended abandoned general 1002 answered 1002 answered")


@pytest.mark.parametrize("trigger", [Trigger.HELD, Trigger.CONSULTING, Trigger.HANDED_OVER])
def test_given_a_transfer_when_the_citizen_leaves_in_each_state_then_agent_and_official_are_free(
    trigger: Trigger,
) -> None:
    acts = (does(TalkAct.HOLD, 1_000), CALLS, does(TalkAct.COMPLETE, 6_000))
    played = perform(hong(hangs_up(trigger, 500)), official(Conduct(talk_ms=20_000)), agent("1001", STAYS, acts=acts))
    assert story(played).endswith("answered")
    assert told(played, "1001", Verb.AGENT)[-1] == "idle"


# ── agents' own phones ──────────────────────────────────────────────────────────────────────────────────────────────
def test_given_feature_codes_when_an_agent_dials_them_then_presence_and_wrap_up_follow() -> None:
    played = perform(
        hong(),
        agent("1001", Conduct(talk_ms=1_000), presence="logged_out"),
        world(Happening.PRESENCE, 3_000, agent="1001", value="available", by=By.PHONE),
        world(Happening.WRAP_UP_FINISHED, 8_000, agent="1001", by=By.PHONE),
        world(Happening.PRESENCE, 9_000, agent="1001", value="on_break", by=By.PHONE),
    )
    facts = [fact for fact in played.history.of("1001") if fact.verb is Verb.AGENT]
    seen = [(fact.details["presence"], fact.details["state"], fact.details["reason"]) for fact in facts]
    assert seen[0] == ("available", "idle", "phone")
    assert seen[-2:] == [("available", "idle", "phone"), ("on_break", "idle", "phone")]
    assert when(played, "1001", Verb.AGENT, len(facts) - 1) == pytest.approx(8_000, abs=10)


# ── the world ───────────────────────────────────────────────────────────────────────────────────────────────────────
def killed(at_ms: int, started_ms: int) -> tuple[WorldAct, ...]:
    return world(Happening.ENGINE_KILLED, at_ms), world(Happening.ENGINE_STARTED, started_ms)


@pytest.mark.parametrize(
    ("people", "at", "lives"),
    [
        ((hong(), agent("1001", Conduct(after_ms=5_000))), (3_000, 9_000), "general 1001 answered 1001 answered"),
        ((hong(), agent("1001", Conduct(talk_ms=9_000))), (4_000, 20_000), "general 1001 answered 1001 answered"),
        ((hong(patience_ms=20_000), agent(presence="on_break")), (3_000, 6_000), "general general abandoned"),
        ((hong(), agent(presence="on_break")), (1_600, 20_000), "general fell_back fallback"),
    ],
    ids=["while it rings", "while they talk", "for a moment", "for long"],
)
def test_given_an_engine_that_is_killed_when_it_is_back_then_the_citizen_was_served_and_the_journal_knows(
    people: tuple[CitizenPlan | AgentPlan, ...], at: tuple[int, int], lives: str
) -> None:
    assert story(perform(*people, *killed(*at))) == lives


def test_given_a_visit_when_its_engine_dies_then_the_second_try_goes_on_at_the_same_question() -> None:
    played = perform(hong(dials="120"), agent(), *killed(3_000, 4_000))
    assert told(played, "hong", Verb.HEARD) == ["greeting", "menu", "menu"]
    assert story(played) == "general 1001 answered 1001 answered"


def test_given_a_dead_engine_when_somebody_calls_then_the_static_queue_serves_them() -> None:
    played = perform(hong(arrives_ms=5_000), agent(presence="on_break"), *killed(3_000, 12_000))
    assert story(played) == "fell_back fallback"


def test_given_a_cut_link_when_a_phone_is_answered_meanwhile_then_the_look_finds_the_talk() -> None:
    cut = world(Happening.AMI_CUT, 2_000, lasts_ms=5_000)
    played = perform(hong(), agent("1001", Conduct(after_ms=3_000)), cut)
    (connected,) = [fact for fact in played.history.of("hong") if fact.verb is Verb.CONNECTED]
    assert story(played) == "general 1001 answered 1001 answered"
    assert (connected.at_ms, connected.details["wait_ms"]) == (7_050, "3006")


@pytest.mark.parametrize("by_ms", [200, 8_000])
def test_given_late_events_when_all_have_come_then_the_story_is_the_same(by_ms: int) -> None:
    played = perform(hong(), agent(), world(Happening.EVENTS_DELAYED, 0, lasts_ms=5_000, by_ms=by_ms))
    assert story(played) == "general 1001 answered 1001 answered"


def test_given_doubled_events_when_an_agent_holds_by_phone_then_only_the_second_hold_is_refused() -> None:
    acts = (does(TalkAct.HOLD, 2_000, By.PHONE), does(TalkAct.RESUME, 9_000, By.PHONE))
    played = perform(hong(), agent("1001", acts=acts), world(Happening.EVENTS_DOUBLED, 0))
    assert story(played) == "general 1001 answered 1001 held talking answered"
    assert [refused.split(":")[0] for refused in played.illegal_events] == ["HoldRequested"]


def test_given_a_switch_that_dies_when_it_is_back_then_its_calls_are_gone_and_new_ones_served() -> None:
    restart = world(Happening.SWITCH_RESTARTED, 2_000)
    late = citizen("kim", arrives_ms=5_000)
    played = perform(hong(), late, agent("1001", Conduct(after_ms=3_000)), agent("1002", presence="on_break"), restart)
    assert story(played).endswith("switch_failure")
    assert story(played, "kim").endswith("1001 answered 1001 answered")


# ── the run ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_scenario_when_it_is_played_twice_then_facts_and_journal_are_the_same() -> None:
    people = (hong(dials="120"), citizen("kim", arrives_ms=50), agent(), agent("1002", Conduct(Answering.SILENT)))
    first, second = perform(*people), perform(*people)
    assert first.entries == second.entries
    assert first.history == second.history


def test_given_two_who_never_hang_up_when_the_limit_comes_then_it_is_told_who_is_on_the_line() -> None:
    played = perform(hong(), agent("1001", STAYS), problems=True, limit_ms=60_000)
    assert played.limit_hit
    assert played.problems == ("the scenario did not end within 60 s; still on the line: hong",)


def test_given_a_queue_with_other_times_when_it_is_played_then_only_those_are_other() -> None:
    base = Scenario(
        "s",
        "",
        HERE,
        MONDAY_MS,
        agents=(agent("1001", Conduct(Answering.SILENT)),),
        citizens=(hong(patience_ms=9_000),),
    )
    changed = replace(base, queues=(QueueChange("general", ring_ms=3_000),))
    assert when(run(base), "hong", Verb.ENDED) > 9_000
    (missed,) = [fact for fact in run(changed).history.of("hong") if fact.verb is Verb.OFFER_ENDED]
    assert missed.at_ms - QUEUED_MS == pytest.approx(3_000, abs=10)


def test_given_a_broken_revision_when_it_is_loaded_in_the_middle_then_the_old_one_serves_on(tmp_path: Path) -> None:
    (tmp_path / "queues.yaml").write_text("queues: [")
    played = perform(hong(arrives_ms=2_000), agent(), world(Happening.REVISION_LOADED, 1_000, value=str(tmp_path)))
    assert story(played) == "general 1001 answered 1001 answered"
    assert "revision" in played.illegal_events[0]


def test_given_no_journal_wanted_when_an_engine_is_killed_then_the_next_life_knows_all_the_same() -> None:
    scenario = Scenario(
        "s",
        "",
        HERE,
        MONDAY_MS,
        agents=(agent(presence="on_break"),),
        citizens=(hong(patience_ms=20_000),),
        world=killed(3_000, 6_000),
    )
    played = run(scenario, keep_entries=False)
    assert (story(played), played.entries) == ("general general abandoned", ())

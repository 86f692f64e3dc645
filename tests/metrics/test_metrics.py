"""Counting: each notice once, with bounded labels, under names that Prometheus and the documents agree on."""

import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.samples import Sample

from ivr_engine.core.notices import CallbackEnded, CallbackMoved, CallbackPromised, ContactWaits, RequirementUnmet
from ivr_engine.core.vocabulary import (
    AgentState,
    CallbackEnd,
    CallbackId,
    CallbackState,
    ContactId,
    ContactPhase,
    Disposition,
    OfferResult,
    Presence,
    QueueId,
    TransferResult,
)
from ivr_engine.metrics.outside import MOST_SOURCES
from ivr_engine.metrics.queues import MOST_QUEUES
from ivr_engine.metrics.readings import READINGS
from ivr_engine.metrics.subscriber import Metrics
from tests.api.desk import view
from tests.small_day import connected, ended, entry, missed, offer_ended, registered, transferred, waits

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="1.2.3")


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def series(metrics: Metrics) -> list[Sample]:
    return [sample for family in metrics.registry.collect() for sample in family.samples]


def fed(metrics: Metrics) -> Metrics:
    """All that can be exported is."""
    metrics.record(entry(registered("general", "water"), waits(), offer_ended(), connected(), ended(), transferred()))
    metrics.decided(0.0002)
    metrics.view_from(view)
    for name, reading in READINGS.items():
        metrics.read_from(name, (lambda: {"finished": 3}) if reading.label else (lambda: 1.5))
    return metrics


def test_given_a_queue_when_it_is_registered_then_its_counters_exist_at_zero(metrics: Metrics) -> None:
    assert value(metrics, "ivr_contacts_total", disposition="abandoned", queue="water") is None
    metrics.record(entry(registered("general", "water")))
    assert value(metrics, "ivr_contacts_total", disposition="abandoned", queue="water") == 0
    assert value(metrics, "ivr_offers_total", result="no_answer", queue="water") == 0
    assert value(metrics, "ivr_missed_promises_total", queue="water") == 0


def test_given_an_answer_at_15_000_ms_when_counted_then_it_is_within_the_promise_and_in_the_bucket(
    metrics: Metrics,
) -> None:
    metrics.record(entry(connected(15_000)))
    metrics.record(entry(connected(15_001)))
    assert value(metrics, "ivr_contact_wait_seconds_bucket", queue="general", le="15.0") == 1
    assert value(metrics, "ivr_contact_wait_seconds_count", queue="general") == 2
    assert value(metrics, "ivr_answered_within_promise_total", queue="general") == 1


def test_given_a_requirement_that_nobody_meets_when_told_then_it_is_an_alarm_of_its_queue(metrics: Metrics) -> None:
    metrics.record(entry(registered("general", "sign"), RequirementUnmet(QueueId("sign"), "sign", 0, 2)))
    metrics.record(entry(RequirementUnmet(QueueId("sign"), "sign and tax", 0, 2, relaxed=1)))
    assert value(metrics, "ivr_requirements_unmet_total", queue="sign") == 1
    assert value(metrics, "ivr_requirements_unmet_total", queue="general") == 0


def test_given_a_contact_that_returns_to_its_place_when_counted_then_it_joined_once(metrics: Metrics) -> None:
    metrics.record(entry(waits(), waits(returns=1), waits(returns=2)))
    assert value(metrics, "ivr_queued_contacts_total", queue="general") == 1


def test_given_contacts_that_end_when_counted_then_each_is_under_its_disposition_and_queue(metrics: Metrics) -> None:
    metrics.record(entry(ended(), ended(Disposition.ABANDONED, None)))
    metrics.record(entry(ended(Disposition.CLOSED, None, queue="")))
    assert value(metrics, "ivr_contacts_total", disposition="answered", queue="general") == 1
    assert value(metrics, "ivr_contacts_total", disposition="abandoned", queue="general") == 1
    assert value(metrics, "ivr_contacts_total", disposition="closed", queue="none") == 1


def test_given_offers_when_they_end_then_result_and_ring_are_counted(metrics: Metrics) -> None:
    metrics.record(entry(offer_ended(OfferResult.NO_ANSWER, 10_000), offer_ended(OfferResult.ANSWERED, 1_500)))
    assert value(metrics, "ivr_offers_total", result="no_answer", queue="general") == 1
    assert value(metrics, "ivr_offer_ring_seconds_bucket", result="no_answer", le="10.0") == 1
    assert value(metrics, "ivr_offer_ring_seconds_sum", result="answered") == 1.5


def test_given_promises_to_call_back_when_counted_then_each_end_has_its_count_and_our_call_is_no_answer(
    metrics: Metrics,
) -> None:
    origin, promise, queue = ContactId("c1"), CallbackId("c1-cb"), QueueId("general")
    metrics.record(
        entry(
            CallbackPromised(origin, "01012345678", queue, (), "", "ko", 0, 0, callback=promise),
            CallbackMoved(promise, origin, queue, CallbackState.DIALLED, 1, "c1-cb-e1-1"),
            ContactWaits(ContactId("c1-cb-e1-1"), queue, (), "", "ko", 0, 0),
            CallbackEnded(promise, origin, queue, "", "ko", CallbackEnd.REACHED, 1, 45_000),
        )
    )
    assert value(metrics, "ivr_callbacks_promised_total", queue="general") == 1
    assert value(metrics, "ivr_callback_dials_total", queue="general") == 1
    assert value(metrics, "ivr_callbacks_total", end="reached", queue="general") == 1
    assert value(metrics, "ivr_callback_wait_seconds_sum", queue="general") == 45
    assert not value(metrics, "ivr_queued_contacts_total", queue="general")


def test_given_a_promise_missed_and_a_transfer_when_counted_then_both_are_there(metrics: Metrics) -> None:
    metrics.record(entry(missed(), transferred(TransferResult.ABANDONED)))
    assert value(metrics, "ivr_missed_promises_total", queue="general") == 1
    assert value(metrics, "ivr_transfers_total", result="abandoned") == 1


def test_given_data_dips_and_texts_when_counted_then_each_source_and_result_is_and_odd_ones_share_a_series(
    metrics: Metrics,
) -> None:
    metrics.outside.dipped("water", "ok", 0.05)
    metrics.outside.dipped("water", "slow", 0.8)
    for number in range(MOST_SOURCES + 5):
        metrics.outside.dipped(f"s{number}", "ok", 0.01)
    metrics.outside.texted("sent", 0.1)
    assert value(metrics, "ivr_data_dips_total", source="water", result="ok") == 1
    assert value(metrics, "ivr_data_dip_seconds_bucket", source="water", le="0.8") == 2
    assert value(metrics, "ivr_data_dips_total", source="other", result="ok") == 6
    assert value(metrics, "ivr_texts_total", result="sent") == 1


def test_given_a_view_when_scraped_then_the_gauges_are_of_that_moment(metrics: Metrics) -> None:
    metrics.view_from(view)
    assert value(metrics, "ivr_switch_connected") == 1
    assert value(metrics, "ivr_open_contacts", phase=ContactPhase.QUEUED) == 1
    assert value(metrics, "ivr_open_contacts", phase=ContactPhase.OFFERED) == 0
    assert value(metrics, "ivr_open_transfers", state="held") == 1
    assert value(metrics, "ivr_agents", presence=Presence.AVAILABLE, state=AgentState.ON_CONTACT) == 1
    assert value(metrics, "ivr_agents", presence=Presence.ON_BREAK, state=AgentState.IDLE) == 0
    assert value(metrics, "ivr_queue_longest_wait_seconds", queue="general") == 4
    assert value(metrics, "ivr_queue_idle_agents", queue="general") == 1
    assert value(metrics, "ivr_queue_contacts", queue="general", phase="connected") == 1


def test_given_no_view_yet_when_scraped_then_no_gauge_lies_about_it(metrics: Metrics) -> None:
    assert value(metrics, "ivr_switch_connected") is None


def test_given_readings_when_scraped_then_they_are_read_at_that_moment(metrics: Metrics) -> None:
    kept = {"depth": 1.0, "finished": 5.0}
    metrics.read_from("ivr_inbox_depth", lambda: kept["depth"])
    metrics.read_from("ivr_visits_total", lambda: {"finished": kept["finished"], "bug": 0})
    kept.update(depth=7, finished=6)
    assert value(metrics, "ivr_inbox_depth") == 7
    assert value(metrics, "ivr_visits_total", end="finished") == 6
    assert value(metrics, "ivr_ami_events_total") is None


def test_given_a_reading_nobody_documented_when_fed_then_it_is_refused_with_those_there_are(metrics: Metrics) -> None:
    with pytest.raises(ValueError, match="no reading 'ivr_inbox_dept': there are ivr_inbox_depth"):
        metrics.read_from("ivr_inbox_dept", lambda: 1)


def test_given_more_queues_than_the_cap_when_counted_then_the_rest_is_other_and_nothing_is_lost(
    metrics: Metrics,
) -> None:
    for number in range(MOST_QUEUES + 50):
        metrics.record(entry(waits(queue=f"q{number}")))
    samples = [sample for sample in series(metrics) if sample.name == "ivr_queued_contacts_total"]
    assert len(samples) <= MOST_QUEUES + 1
    assert sum(sample.value for sample in samples) == MOST_QUEUES + 50
    assert (value(metrics, "ivr_queued_contacts_total", queue="other") or 0) > 0


def test_given_everything_exported_when_read_then_nothing_tells_of_a_person_and_the_formula_has_its_name(
    metrics: Metrics,
) -> None:
    text = generate_latest(fed(metrics).registry).decode()
    for personal in ("01012345678", "5678", "c1", "c2", "1001", "o-c1", "7001"):
        assert f'"{personal}"' not in text
    assert "`offered`" in text
    assert "_created" not in text
    assert 'ivr_build_info{python="' in text


def test_given_everything_exported_when_compared_with_the_documents_then_every_metric_is_described(
    metrics: Metrics,
) -> None:
    text = generate_latest(fed(metrics).registry).decode()
    exported = {name for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE) if name.startswith("ivr_")}
    described = set(re.findall(r"^\| `(ivr_[a-z_]+)` \|", (DOCS / "noc.md").read_text("utf-8"), re.MULTILINE))
    assert len(exported) > 30
    assert exported - described == set()
    assert described - exported == set()


def test_given_the_alert_rules_when_read_then_they_ask_only_for_series_that_exist(metrics: Metrics) -> None:
    text = generate_latest(fed(metrics).registry).decode()
    series = set(re.findall(r"^(ivr_[a-z_]+)", text, re.MULTILINE))
    asked = set(re.findall(r"\b(ivr_[a-z_]+)\b", (DOCS / "alerts.yaml").read_text("utf-8")))
    assert asked
    assert asked - series == set()


@pytest.mark.slow
def test_given_everything_exported_when_promtool_reads_it_then_it_is_content(metrics: Metrics, promtool: Path) -> None:
    text = generate_latest(fed(metrics).registry)
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False, timeout=60)
    assert (checked.returncode, checked.stdout.decode(), checked.stderr.decode()) == (0, "", "")


@pytest.mark.slow
def test_given_the_alert_rules_when_promtool_checks_and_plays_them_then_they_fire_as_described(promtool: Path) -> None:
    for command in (["check", "rules", "--lint-fatal", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]):
        checked = subprocess.run(
            [promtool, *command], cwd=DOCS, capture_output=True, text=True, check=False, timeout=60
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr

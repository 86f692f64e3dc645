"""What is there now: contacts, agents, queues and service levels, looked at when somebody scrapes."""

from collections import Counter as Tally
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ivr_engine.core.views import View
from ivr_engine.core.vocabulary import AgentState, CallbackState, ContactPhase, Presence, TransferState
from ivr_engine.metrics.queues import MOST_QUEUES
from ivr_engine.reports.live import LiveLevels


def of_levels(levels: LiveLevels, now_ms: int) -> Metric:
    """Service levels of the last half hour."""
    family = GaugeMetricFamily(
        "ivr_service_level_ratio",
        "Share of the contacts of the last 30 minutes by each named formula, on the clock from queue entry to a human "
        "voice and each queue's own promise; queue is 'all' for everything. None where nobody was counted.",
        labels=["queue", "formula"],
    )
    for queue, shares in sorted(levels.levels(now_ms).items()):
        for formula, share in shares.items():
            if share is not None:
                family.add_metric([queue, formula], share)
    return family


def of_view(view: View) -> Iterator[Metric]:
    """The centre as the core shows it."""
    connected = "1 while the switch is seen; nothing is decided at 0."
    yield GaugeMetricFamily("ivr_switch_connected", connected, value=int(view.switch_connected))

    phases = Tally(contact.phase for contact in view.contacts if not contact.awaited)
    contacts = GaugeMetricFamily("ivr_open_contacts", "Contacts that have not ended, by phase.", labels=["phase"])
    for phase in ContactPhase:
        if phase is not ContactPhase.ENDED:
            contacts.add_metric([phase], phases[phase])
    yield contacts
    promised = Tally(callback.state for callback in view.callbacks)
    callbacks = GaugeMetricFamily(
        "ivr_open_callbacks", "Promises to call back that are open, by state.", labels=["state"]
    )
    for stage in CallbackState:
        if stage is not CallbackState.ENDED:
            callbacks.add_metric([stage], promised[stage])
    yield callbacks

    states = Tally(contact.transfer_state for contact in view.contacts)
    transfers = GaugeMetricFamily(
        "ivr_open_transfers", "Contacts on hold or between agent and recipient, by state.", labels=["state"]
    )
    for state in TransferState:
        if state not in (TransferState.TALKING, TransferState.ENDED):
            transfers.add_metric([state], states[state])
    yield transfers

    sorts = Tally((agent.presence, agent.state) for agent in view.agents)
    agents = GaugeMetricFamily(
        "ivr_agents", "Agents by what they chose and what the engine has them doing.", labels=["presence", "state"]
    )
    for presence in Presence:
        for doing in AgentState:
            agents.add_metric([presence, doing], sorts[presence, doing])
    yield agents
    yield from _of_queues(view)


def _of_queues(view: View) -> Iterator[Metric]:
    present = GaugeMetricFamily("ivr_queue_contacts", "Contacts of a queue, by phase.", labels=["queue", "phase"])
    longest = GaugeMetricFamily(
        "ivr_queue_longest_wait_seconds", "Age of the contact that has waited longest.", labels=["queue"]
    )
    idle = GaugeMetricFamily(
        "ivr_queue_idle_agents", "Idle, available agents with the skills of the queue.", labels=["queue"]
    )
    logged_in = GaugeMetricFamily(
        "ivr_queue_logged_in_agents", "Agents with the skills of the queue who are not logged out.", labels=["queue"]
    )
    promise = GaugeMetricFamily("ivr_queue_promise_seconds", "The answer promise of the queue.", labels=["queue"])
    for queue in view.queues[:MOST_QUEUES]:
        present.add_metric([queue.id, ContactPhase.QUEUED], queue.waiting)
        present.add_metric([queue.id, ContactPhase.OFFERED], queue.offered)
        present.add_metric([queue.id, ContactPhase.CONNECTED], queue.connected)
        longest.add_metric([queue.id], queue.longest_wait_ms / 1_000)
        idle.add_metric([queue.id], queue.idle_agents)
        logged_in.add_metric([queue.id], queue.logged_in_agents)
        promise.add_metric([queue.id], queue.promise_ms / 1_000)
    yield from (present, longest, idle, logged_in, promise)

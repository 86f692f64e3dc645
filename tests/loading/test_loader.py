"""Documents into an engine that serves: by the API and by saving a file; and the history of it."""

from typing import Any

import aiohttp

from ivr_engine.core.conversation import CallerCard
from ivr_engine.runtime.ports import RevisionWas
from ivr_engine.settings import Settings
from ivr_engine.storage.revision_history import latest_changes
from tests.asterisk.fake_asterisk import Asterisk
from tests.test_service import (
    CITIZEN,
    TOKEN,
    add_queue,
    asterisk,
    break_flow,
    filled,
    get,
    serving,
    settings,
    two_ports,
    until,
)

__all__ = ["asterisk", "filled", "settings", "two_ports"]


async def post(settings: Settings, **body: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"http://127.0.0.1:{settings.api_port}/v1/revisions"
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_given_a_changed_set_when_tried_withdrawn_and_loaded_by_the_api_then_each_is_in_force_and_in_the_history(
    asterisk: Asterisk, settings: Settings
) -> None:
    async with serving(settings) as service:
        first = service.loading.revision.id
        add_queue(settings)
        status, now = await post(settings, canary_percent=10, by="kim")
        assert (status, now["stable"], now["percent"]) == (200, first, 10)
        second = now["canary"]
        spoken = {
            service.loading.revisions.revision_for(CallerCard(CITIZEN, "120", revision=one)) for one in (first, second)
        }
        assert spoken == {first, second}, "each keeps its own"
        assert f'ivr_canary_share{{revision="{second}"}} 0.1' in (await get(settings, "/metrics"))[1]
        assert (await post(settings, canary_percent=0))[1]["canary"] == ""
        assert (await post(settings, canary_percent=0))[1]["code"] == "no_trial"
        assert (await post(settings))[1]["stable"] == second
        await service.loading.history_is_written()
        changes = (await get(settings, "/v1/revisions"))[1]["changes"]
        assert [(one["was"], one["who"], one["revision"]) for one in changes] == [
            ("put_in_force", "desk", second),
            ("withdrawn", "desk", second),
            ("put_on_trial", "desk/kim", second),
            ("put_in_force", "start", first),
        ]
        assert "nightly" in {queue.id for queue in service.reactor.view().queues}


async def test_given_a_broken_set_when_loaded_by_the_api_then_every_mistake_is_told_and_nothing_changes(
    asterisk: Asterisk, settings: Settings
) -> None:
    async with serving(settings) as service:
        before = service.loading.revision
        break_flow(settings)
        status, refused = await post(settings)
        assert (status, refused["code"], service.loading.revision is before) == (409, "broken_set", True)
        assert any("did you mean 'water'?" in place["message"] for place in refused["places"])
        assert (await post(settings, canary_percent=101))[0] == 422
        assert "ivr_refused_loads_total 1.0" in (await get(settings, "/metrics"))[1]
        await service.loading.history_is_written()
        newest = (await latest_changes(service.database, 1))[0]
        assert (newest.was, newest.who, "watre" in newest.why) == (RevisionWas.REFUSED, "desk", True)


async def test_given_a_folder_that_is_watched_when_documents_are_saved_then_good_ones_are_taken_and_broken_ones_are_not(
    asterisk: Asterisk, settings: Settings
) -> None:
    watched = settings.model_copy(update={"watch_seconds": 0.02})
    async with serving(watched) as service:
        first = service.loading.revision.id
        add_queue(settings)
        await until(lambda: service.loading.revision.id != first, "the new set is in force")
        second = service.loading.revision.id
        break_flow(settings)
        await until(lambda: service.loading.revisions.refused == 1, "the broken set is refused")
        assert service.loading.revision.id == second

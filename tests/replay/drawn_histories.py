"""Two made-up histories with everything that a ladder draws: one by the book, one that goes wrong."""

from ivr_engine.replay.history import Happened, History, Verb


def _fact(at_ms: int, verb: Verb, subject: str = "", **details: str) -> Happened:
    return Happened(at_ms, verb, subject, details)


def handed_over() -> History:
    """hong misses one agent, talks to another, is held, consulted about and handed over; kim gives up."""
    v = Verb
    return History(
        (
            _fact(0, v.ENGINE, started="true"),
            _fact(0, v.AGENT, "1001", presence="available", state="idle"),
            _fact(0, v.AGENT, "1002", presence="available", state="idle"),
            _fact(100, v.ARRIVED, "hong", number="120"),
            _fact(250, v.HEARD, "hong", prompt="greeting", language="ko"),
            _fact(2_250, v.HEARD, "hong", prompt="menu", language="ko"),
            _fact(3_100, v.ARRIVED, "kim", number="0200001001"),
            _fact(3_500, v.PRESSED, "hong", keys="1"),
            _fact(
                3_560,
                v.QUEUED,
                "hong",
                queue="transport",
                requirement="transport",
                agency="city_hall",
                language="ko",
                returns="0",
            ),
            _fact(3_560, v.OFFERED, "hong", agent="1001", reason="idle longest of 2, 124 s"),
            _fact(3_560, v.AGENT, "1001", presence="available", state="offered"),
            _fact(13_560, v.OFFER_ENDED, "hong", agent="1001", result="no_answer", cause="no_answer"),
            _fact(13_560, v.AGENT, "1001", presence="available", state="idle"),
            _fact(13_560, v.QUEUED, "hong", queue="transport", requirement="transport", language="ko", returns="1"),
            _fact(13_561, v.OFFERED, "hong", agent="1002", reason="the only candidate"),
            _fact(13_561, v.AGENT, "1002", presence="available", state="offered"),
            _fact(14_900, v.OFFER_ENDED, "hong", agent="1002", result="answered"),
            _fact(14_900, v.CONNECTED, "hong", agent="1002", within_promise="true", wait_ms="11340"),
            _fact(14_900, v.AGENT, "1002", presence="available", state="on_contact"),
            _fact(20_000, v.TRANSFER, "hong", state="held", agent="1002"),
            _fact(21_000, v.TRANSFER, "hong", state="ringing", entry="7001", agent="1002"),
            _fact(24_000, v.TRANSFER, "hong", state="consulting", entry="7001", agent="1002"),
            _fact(24_500, v.PROMISE_MISSED, "kim", queue="general"),
            _fact(26_000, v.ENDED, "kim", disposition="abandoned", queue="general", offers="0"),
            _fact(30_000, v.TRANSFER, "hong", state="handed_over", entry="7001", agent="1002"),
            _fact(30_000, v.TRANSFER_ENDED, "hong", result="completed", entry="7001", agent="1002"),
            _fact(30_010, v.AGENT, "1002", presence="available", state="wrap_up"),
            _fact(45_010, v.AGENT, "1002", presence="available", state="idle"),
            _fact(
                52_000,
                v.ENDED,
                "hong",
                disposition="answered",
                agency="city_hall",
                queue="transport",
                agent="1002",
                offers="2",
            ),
        ),
        ended_at_ms=60_000,
    )


def engine_killed() -> History:
    """A citizen waits, the engine dies, the static fallback takes over, the promise is missed."""
    v = Verb
    return History(
        (
            _fact(0, v.AGENT, "1001", presence="available", state="idle"),
            _fact(10, v.ARRIVED, "hong", number="120"),
            _fact(60, v.HEARD, "hong", prompt="greeting", language="ko"),
            _fact(5_000, v.QUEUED, "hong", queue="general", requirement="general", returns="0"),
            _fact(5_000, v.OFFERED, "hong", agent="1001", reason="the only candidate"),
            _fact(6_000, v.ENGINE, killed="true"),
            _fact(11_000, v.FELL_BACK, "hong"),
            _fact(12_000, v.ENGINE, started="true"),
            _fact(12_000, v.SWITCH, connected="true"),
            _fact(20_000, v.PROMISE_MISSED, "hong", queue="general"),
            _fact(26_000, v.ENDED, "hong", disposition="fallback", offers="1"),
        ),
        ended_at_ms=26_000,
    )

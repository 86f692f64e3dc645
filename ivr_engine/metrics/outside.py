"""Questions of flows to other systems, and the texts that they sent."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from ivr_engine.metrics.queues import OTHER

DIP_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5)
"""Seconds; 0.8 is the deadline unless a flow says otherwise."""

MOST_SOURCES = 50
"""Sources of data dips with series of their own, some thirty each; what is beyond is counted as `other`."""


class OutsideCounts:
    """Told by whoever asks and sends: the core hears of neither."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.dips = Counter(
            "ivr_data_dips_total",
            "Questions of flows to other systems, by source and result: ok, cached, or why there was no answer.",
            ["source", "result"],
            registry=registry,
        )
        self.dip_time = Histogram(
            "ivr_data_dip_seconds",
            "How long a data dip took, answered or not.",
            ["source"],
            buckets=DIP_BUCKETS,
            registry=registry,
        )
        self.texts = Counter(
            "ivr_texts_total",
            "Texts that flows sent, by whether the gateway took them.",
            ["result"],
            registry=registry,
        )
        self._sources: set[str] = set()

    def dipped(self, source: str, result: str, seconds: float) -> None:
        """A flow asked another system."""
        if source not in self._sources:
            if len(self._sources) < MOST_SOURCES:
                self._sources.add(source)
            else:
                source = OTHER
        self.dips.labels(source, result).inc()
        self.dip_time.labels(source).observe(seconds)

    def texted(self, result: str, _seconds: float) -> None:
        """A flow sent a text."""
        self.texts.labels(result).inc()

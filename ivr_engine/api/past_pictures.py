"""What the API shows of the past: reports, and the story of one contact."""

from pydantic import Field

from ivr_engine.api.pictures import Body, Picture, WhyPicture
from ivr_engine.core.service_level import HEADLINE, Formula


class MomentPicture(Picture):
    """One thing that happened to a contact."""

    at_ms: int
    what: str = Field(description="stable: offer_made, wait_explained, step_taken, promise_missed, …")
    words: str
    detail: dict[str, str | int | bool | dict[str, int] | None] = Field(
        description="candidates, not_free by reason, the key that won, what is owed"
    )


class StoryPicture(Picture):
    arrived_at_ms: int
    disposition: str = Field(description="empty while it is open")
    waited_ms: int | None = Field(description="from queue entry to a human voice, or to the end")
    rang_ms: int
    offers: int
    moments: tuple[MomentPicture, ...]
    cut: bool = Field(description="there was more than 500 moments")


class ContactWhyPicture(Picture):
    """Why a contact waits or waited: how things stand now, and what has happened so far."""

    contact: str
    now: WhyPicture | None = Field(description="None when the contact is not open")
    story: StoryPicture | None = Field(description="None while the journal has nothing of it, or cannot be read")


class ReportPicture(Picture):
    """A table: names of columns end in their unit, a cell without anything to tell is null."""

    title: str
    formula: Formula = Field(description="which of the six comes first")
    from_ms: int
    to_ms: int
    read_to_ms: int = Field(description="what was decided later was not known")
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    total: tuple[tuple[str | int | float | None, ...], ...]
    notes: tuple[str, ...] = Field(description="what must be known to read the figures: the start of the clock first")


class ReportQuery(Body):
    from_ms: int | None = Field(default=None, ge=0, description="without: Seoul's midnight before `to_ms`")
    to_ms: int | None = Field(default=None, ge=0, description="not included; without: now")
    by: str | None = Field(
        default=None,
        max_length=100,
        description="queue, skill, agency, language, contractor, agent, number, interval; with commas; empty: one row",
    )
    interval: str = Field(default="30m", description="15m, 30m, 60m or day")
    formula: Formula = HEADLINE
    threshold_ms: int | None = Field(default=None, ge=0, le=3_600_000, description="without: each queue's promise")
    again_hours: float = Field(default=24, ge=0.1, le=720, description="who calls again within this was not helped")
    contractor: str = Field(default="", max_length=64, description="only what this contractor may see")

"""What the API shows and takes: pydantic models at the edge, the source of the OpenAPI document.

A caller's number is personal: wherever contacts are listed, all but its last four characters are stars, and the model
itself does it, so that no new path can forget to. Only the picture of one contact, asked for by its identifier and
logged with the name of the token, has the whole number.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ivr_engine.core.vocabulary import AgentState, ContactPhase, Presence, TransferState

SHOWN_CHARACTERS = 4
"""Enough to tell two callers on a board apart, too few to call one back."""

MOST_CONTACTS = 2_000
"""The longest list of contacts in one answer: twice the 1,000 waiting that the engine is built for."""

MOST_ENTRIES = 50
"""Directory entries in one answer: more than that is read by nobody who has a citizen on the line."""


def mask(caller: str) -> str:
    """A caller's number with all but the last four characters as stars: `01012345678` → `*******5678`."""
    return "*" * (len(caller) - SHOWN_CHARACTERS) + caller[-SHOWN_CHARACTERS:]


Masked = Annotated[str, AfterValidator(mask), Field(description="all but the last four characters are stars")]


class Picture(BaseModel):
    """What leaves: read from the frozen views by attribute."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Body(BaseModel):
    """What enters: unknown fields are refused, because a misspelt one would silently do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Body):
    """No body, or no query."""


class AgentPicture(Picture):
    id: str
    name: str
    contractor: str
    skills: dict[str, int] = Field(description="skill → proficiency, 1 to 5")
    presence: Presence
    reason: str
    state: AgentState
    since_ms: int
    contact: str | None
    resting_until_ms: int | None
    misses: int = Field(description="in a row")
    missed: dict[str, int] = Field(description="by cause, since the agent came")
    wrap_up_until_ms: int | None = Field(description="when the work after the contact ends by itself")
    intends: Presence | None = Field(description="chosen for after the contact")
    intends_reason: str
    team: str
    languages: tuple[str, ...]
    room: dict[str, int] = Field(description="channel → how many more contacts")


class _Contact(Picture):
    id: str
    number: str = Field(description="the number that was dialled")
    agency: str
    language: str
    phase: ContactPhase
    since_ms: int
    arrived_at_ms: int
    queue: str | None
    requirement: tuple[str, ...]
    priority: int
    queued_at_ms: int | None
    answered_at_ms: int | None
    agent: str | None
    offer: str | None
    offers: int
    transfer_state: TransferState | None
    transfer_entry: str
    expected_from_ms: int | None = Field(description="how much longer it will wait, at least; null: nobody knows")
    expected_to_ms: int | None = Field(description="and at most")
    callback: str | None = Field(description="the promise that this contact keeps: we dial the citizen")
    awaited: bool = Field(description="stands in the order, and its citizen is not on the line")


class ContactPicture(_Contact):
    """A contact among others."""

    caller: Masked


class ContactDetail(_Contact):
    """One contact, looked at on purpose."""

    caller: str


class AgentWhyPicture(Picture):
    agent: str
    why: str = Field(
        description="free, kept_back by a small desk's reserve, out_of_sight without a link to the switch, "
        "or talking, wrap_up, on_break, …"
    )


class WhyPicture(Picture):
    """Why a contact waits, or rings where it rings."""

    contact: str
    phase: ContactPhase
    queue: str | None
    needs: str = Field(description="the requirement at the present step of relaxation")
    relaxation_step: int
    waited_ms: int | None
    place: int | None
    expected_wait_ms: int | None
    stands_for: str = Field(description="the one agent for whom it waits, for a while")
    candidates: int
    counts: dict[str, int] = Field(description="agents by why, lacks_skills among them")
    agents: tuple[AgentWhyPicture, ...] = Field(description="those with the skills, at most 20")
    last_choice: str = Field(description="which key won at the last offer")
    offer: str | None
    second_offer: str | None


class QueuePicture(Picture):
    id: str
    requirement: tuple[str, ...]
    promise_ms: int
    waiting: int
    offered: int
    connected: int
    longest_wait_ms: int
    idle_agents: int
    logged_in_agents: int


class EntryPicture(Picture):
    """A directory entry without its number: the engine dials, so nobody has to know it."""

    entry: str
    department: str
    official: str
    duties: str


class ViewPicture(Picture):
    """The feed's snapshot."""

    at_ms: int
    switch_connected: bool
    agents: tuple[AgentPicture, ...]
    contacts: tuple[ContactPicture, ...]
    queues: tuple[QueuePicture, ...]


class Agents(Picture):
    at_ms: int
    agents: tuple[AgentPicture, ...]


class Contacts(Picture):
    at_ms: int
    total: int = Field(description="how many matched; more than the list has when `limit` cut it")
    contacts: tuple[ContactPicture, ...]


class Queues(Picture):
    at_ms: int
    switch_connected: bool
    queues: tuple[QueuePicture, ...]


class Entries(Picture):
    entries: tuple[EntryPicture, ...]


class PresenceBody(Body):
    presence: Presence
    reason: str = Field(
        default="", max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$", description="a reason code of the centre, e.g. lunch"
    )
    after_contact: bool = Field(
        default=False,
        description="as soon as there is neither contact nor work after one; a later choice takes it back",
    )


class ConsultBody(Body):
    entry: str = Field(pattern=r"^[0-9]{3,6}$", description="code of a directory entry; never a telephone number")


class ContactsQuery(Body):
    phase: ContactPhase | None = None
    queue: str | None = Field(default=None, max_length=64)
    limit: int = Field(default=500, ge=1, le=MOST_CONTACTS)


class DirectoryQuery(Body):
    q: str = Field(min_length=1, max_length=100, description="words that an entry must all contain")
    limit: int = Field(default=20, ge=1, le=MOST_ENTRIES)

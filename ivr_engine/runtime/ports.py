"""The sockets of the engine: what the event loop asks of a switch, a journal and whoever listens.

Adapters implement these; nothing here names a vendor. Every method that the decision path calls is synchronous and
returns at once: a slow database or a slow switch is the adapter's queue, never the citizen's wait.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ivr_engine.core.commands import Command
from ivr_engine.core.conversation import Dip, DipFailed, Dipped, NotSent, SendText, Sent
from ivr_engine.core.events import Event
from ivr_engine.core.explanation import Why
from ivr_engine.core.notices import Notice
from ivr_engine.core.views import View
from ivr_engine.core.vocabulary import ContactId


class Clock(Protocol):
    """Tells the time once; the core asks nobody else."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch; never goes back while the process lives."""


class Switch(Protocol):
    """Whoever carries the commands out."""

    def execute(self, command: Command) -> None:
        """Send it and return; a refusal comes back as a `CommandRefused` or `OfferFailed` event."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One decision: the fact that entered, when, and all that left. (`epoch`, `seq`) is its identity, used once."""

    epoch: int
    seq: int
    at_ms: int
    event: Event
    commands: tuple[Command, ...]
    notices: tuple[Notice, ...]


class Journal(Protocol):
    """Keeps every decision, written behind."""

    def append(self, entry: JournalEntry) -> None:
        """Take the entry and return; a full buffer is counted and spooled, never waited for."""


Subscriber = Callable[[JournalEntry], None]
"""Metrics, feed and board: called in order after each decision; must not block and must not raise."""


class DeskError(Exception):
    """The engine takes no question now; nothing has changed. `code` is stable."""

    code = "desk"


class InboxFull(DeskError):  # noqa: N818  (the situation is the name)
    """More facts than can be decided; the switch must be looked at anew."""

    code = "inbox_full"


class DeskClosed(DeskError):  # noqa: N818
    """The engine is stopping."""

    code = "stopping"


class Desk(Protocol):
    """What people may ask of the running engine: the API's and the phone's way in."""

    async def ask(self, event: Event) -> None:
        """Put the fact before the core, wait for its decision.

        Raises `core.errors.IllegalEvent` when refused, `DeskError` when no question is taken.
        """

    def view(self) -> View:
        """A frozen picture of now."""

    def why(self, contact: ContactId) -> Why | None:
        """Why the contact is with nobody yet, or with this agent; None when it is not open."""


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One official or team line that a contact may be handed to; `number` was checked at import."""

    entry: str
    """Short code of 3 to 6 digits: what an agent keys, and what the API names."""
    department: str
    official: str
    duties: str
    number: str


class Directory(Protocol):
    """Whom a contact may be transferred to: nobody else can be called, whatever digits somebody sends."""

    def find(self, entry: str) -> DirectoryEntry | None:
        """The entry of that code."""

    def search(self, words: str, limit: int = 20) -> tuple[DirectoryEntry, ...]:
        """Entries whose department, official or duties contain all the words."""


class RevisionWas(StrEnum):
    """What became of a set of documents."""

    PUT_IN_FORCE = "put_in_force"
    PUT_ON_TRIAL = "put_on_trial"
    ROLLED_BACK = "rolled_back"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RevisionChange:
    """Who did what with which revision, and when. `revision` is empty for a set with mistakes."""

    at_ms: int
    revision: str
    was: RevisionWas
    who: str
    percent: int = 100
    why: str = ""


@dataclass(frozen=True, slots=True)
class RevisionsNow:
    """The revision in force, and the one on trial with what its first visits came to; "" and zeros for none."""

    stable: str
    canary: str = ""
    percent: int = 0
    since_ms: int = 0
    visits: int = 0
    abandons: int = 0
    errors: int = 0
    stable_visits: int = 0
    stable_abandons: int = 0
    stable_errors: int = 0


class SetRefused(Exception):  # noqa: N818  (the situation is the name)
    """A set of documents is not taken, and the one in force serves on. `lines`: every reason, with its place."""

    def __init__(self, code: str, lines: tuple[str, ...]) -> None:
        super().__init__("; ".join(lines))
        self.code = code
        self.lines = lines


class Loading(Protocol):
    """What people may do with the operators' documents while the engine serves."""

    def now(self) -> RevisionsNow:
        """What is in force."""

    async def load(self, who: str, percent: int, *, despite: bool = False) -> RevisionsNow:
        """Load the folder: for all contacts from now on (100), for a share of them (1–99), or end a trial (0).

        Raises SetRefused; `despite` takes one that was rolled back.
        """

    async def history(self, limit: int) -> tuple[RevisionChange, ...]:
        """The latest changes, the newest first."""


class AuditFull(Exception):  # noqa: N818  (the situation is the name)
    """Nobody may see what nobody could write down."""


class Audit(Protocol):
    """Who looked at which citizen's data."""

    def looked(self, who: str, what: str, subject: str) -> None:
        """Before it is shown. Raises AuditFull."""


class Dips(Protocol):
    """Other systems that a flow may ask."""

    async def ask(self, dip: Dip) -> Dipped | DipFailed:
        """Within the dip's own deadline; what goes wrong is a word, never an exception."""


class Texts(Protocol):
    """Whoever delivers text messages."""

    async def send(self, text: SendText) -> Sent | NotSent:
        """Taken or not taken, within a few seconds; never an exception. The same `key` twice is one message."""


@dataclass(frozen=True, slots=True)
class KeptTalk:
    """One recorded talk on disk, as its name and its file tell."""

    queue: str
    name: str
    """Without `.wav`."""
    contact: str
    """The contact's identifier, dots as dashes."""
    keep_days: int
    size_bytes: int
    ended_at_ms: int
    """When it was written last."""


class TalksAway(Exception):  # noqa: N818  (the situation is the name)
    """The folder of recorded talks is not there, or cannot be used."""

    code = "talks_away"


class Talks(Protocol):
    """Recorded talks. Every method waits for a disk: call it beside the loop."""

    def of_contact(self, contact: str) -> tuple[KeptTalk, ...]:
        """The oldest first. Raises TalksAway."""

    def listen(self, contact: str, queue: str, name: str, who: str) -> bytes:
        """The sound, after `who` is written down. Raises TalksAway, and KeyError for none of that contact."""

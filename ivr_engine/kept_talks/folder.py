"""The folder of recorded talks: which there are, whose days are over, and who looked at or deleted which.

Asterisk writes `QUEUE/CONTACT-eEPOCH-N.DAYSd.wav` below one folder. A name tells all that retention needs, so that a
recording goes in time without engine, database or journal. Only files of such names are ever touched, never through a
link, and never outside: a folder is opened without following links, and its files by that handle.

Whoever listens or deletes leaves a line in `history-YYYY-MM.jsonl` beside the queues, first: who cannot be written down
may not listen. These lines are kept for two years.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ivr_engine.runtime.ports import KeptTalk, TalksAway

DAY_MS = 86_400_000

HISTORY_MONTHS = 24
"""Who looked at what is kept for two years (Korea's rules on the safety of personal data)."""

MOST_LISTED = 200_000
"""Talks of a year at 500 a day; more would fill the memory of whoever lists them."""

_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NAME = re.compile(r"([A-Za-z0-9_-]{1,160})-e\d{1,10}-\d{1,6}\.(\d{1,4})d\.wav", re.ASCII)
_MONTH = re.compile(r"history-(\d{4})-(\d{2})\.jsonl", re.ASCII)


@dataclass(frozen=True, slots=True)
class Purged:
    """What one purge did, or would do."""

    deleted: tuple[KeptTalk, ...] = ()
    refused: tuple[str, ...] = ()
    """Recordings that are due and could not be deleted, each with the reason."""


class TalkFolder:
    """Implements `runtime.ports.Talks`. Every method looks at the disk: call it beside the loop."""

    def __init__(self, folder: Path, now_ms: Callable[[], int]) -> None:
        """`now_ms`: the wall clock."""
        self._folder = folder
        self._now_ms = now_ms

    def exists(self) -> bool:
        return self._folder.is_dir()

    def all(self) -> tuple[KeptTalk, ...]:
        """Every recording, the oldest first. Raises TalksAway where there is no such folder."""
        found = []
        for queue in self._queues():
            for talk in self._of_queue(queue):
                found.append(talk)
                if len(found) >= MOST_LISTED:
                    break
        return tuple(sorted(found, key=lambda talk: (talk.ended_at_ms, talk.name)))

    def of_contact(self, contact: str) -> tuple[KeptTalk, ...]:
        """The recordings of one contact, the oldest first. Raises TalksAway."""
        wanted = contact.replace(".", "-")
        return tuple(talk for talk in self.all() if talk.contact == wanted)

    def listen(self, contact: str, queue: str, name: str, who: str) -> bytes:
        """The sound of one recording of that contact, after who listens is written down. Raises TalksAway, KeyError."""
        found = next((talk for talk in self.of_contact(contact) if (talk.queue, talk.name) == (queue, name)), None)
        if found is None:
            raise KeyError(name)
        self._note(who, "listened", found)
        with self._opened(queue) as folder:
            file = os.open(f"{name}.wav", os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
            with os.fdopen(file, "rb") as sound:
                return sound.read()

    def purge(self, keep_days: Mapping[str, int], who: str, *, dry_run: bool = False) -> Purged:
        """Delete what is due: after its own days, or the queue's of today where those are fewer. Raises TalksAway."""
        deleted, refused = [], []
        for talk in self.all():
            days = min(talk.keep_days, keep_days.get(talk.queue, talk.keep_days))
            if self._now_ms() - talk.ended_at_ms <= days * DAY_MS:
                continue
            try:
                if not dry_run:
                    self._delete(talk, who)
            except (OSError, TalksAway) as error:
                refused.append(f"{talk.queue}/{talk.name}: {error}")
            else:
                deleted.append(talk)
        if not dry_run:
            self._forget_history()
        return Purged(tuple(deleted), tuple(refused))

    # ── the disk ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _queues(self) -> list[str]:
        try:
            with os.scandir(self._folder) as entries:
                return sorted(
                    entry.name
                    for entry in entries
                    if _QUEUE.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
                )
        except OSError as error:
            raise TalksAway(f"{self._folder}: {error.strerror}") from error

    @contextmanager
    def _opened(self, queue: str) -> Iterator[int]:
        handle = os.open(self._folder / queue, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            yield handle
        finally:
            os.close(handle)

    def _of_queue(self, queue: str) -> Iterator[KeptTalk]:
        try:
            with self._opened(queue) as folder, os.scandir(folder) as entries:
                for entry in entries:
                    named = _NAME.fullmatch(entry.name)
                    if named is None or not entry.is_file(follow_symlinks=False):
                        continue
                    seen = entry.stat(follow_symlinks=False)
                    name = entry.name.removesuffix(".wav")
                    ended_at_ms = seen.st_mtime_ns // 1_000_000
                    yield KeptTalk(queue, name, named[1], int(named[2]), seen.st_size, ended_at_ms)
        except OSError as error:
            raise TalksAway(f"{self._folder / queue}: {error.strerror}") from error

    def _delete(self, talk: KeptTalk, who: str) -> None:
        with self._opened(talk.queue) as folder:
            file = f"{talk.name}.wav"
            if not stat.S_ISREG(os.stat(file, dir_fd=folder, follow_symlinks=False).st_mode):
                raise OSError("is no file any more")
            self._note(who, "deleted", talk)
            os.unlink(file, dir_fd=folder)

    # ── who did what ────────────────────────────────────────────────────────────────────────────────────────────────
    def _note(self, who: str, did: str, talk: KeptTalk) -> None:
        now_ms = self._now_ms()
        month = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m")
        line = {"at_ms": now_ms, "who": who, "did": did, "queue": talk.queue, "recording": talk.name}
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            file = os.open(self._folder / f"history-{month}.jsonl", flags, 0o640)
            with os.fdopen(file, "a", encoding="utf-8") as history:
                history.write(f"{json.dumps(line, ensure_ascii=False)}\n")
        except OSError as error:
            raise TalksAway(f"{self._folder}: its history cannot be written: {error.strerror}") from error

    def _forget_history(self) -> None:
        today = datetime.fromtimestamp(self._now_ms() / 1000, UTC)
        for file in self._folder.iterdir():
            month = _MONTH.fullmatch(file.name)
            if month is not None and (today.year - int(month[1])) * 12 + today.month - int(month[2]) > HISTORY_MONTHS:
                file.unlink(missing_ok=True)

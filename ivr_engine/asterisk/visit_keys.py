"""When the keys that a citizen presses are an answer. PURE: the live visit and the simulated one ask the same."""

from ivr_engine.core.conversation import Ask

IGNORED_KEYS = 20
"""Keys that are not listened for start the wait again; someone leaning on one must not wait for ever."""


class Collecting:
    """One question. Wait `wait_ms` for each key and let `take` have it, "" for none, until that is the end."""

    __slots__ = ("_ask", "_ignored", "_keys", "answer")

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._keys = ""
        self._ignored = 0
        self.answer: str | None = None
        """None: nothing was pressed."""

    @property
    def wait_ms(self) -> int:
        return self._ask.next_key_ms if self._keys else self._ask.first_key_ms

    def take(self, key: str) -> bool:
        """Whether `answer` is complete."""
        ask = self._ask
        if not key:
            self.answer = self._keys or None
        elif key in ask.leave:
            self.answer = key
        elif key == ask.terminator:
            self.answer = self._keys
        else:
            if key in ask.keys:
                self._keys += key
            else:
                self._ignored += 1
            if len(self._keys) < ask.max_keys and self._ignored < IGNORED_KEYS:
                return False
            self.answer = self._keys or None
        return True

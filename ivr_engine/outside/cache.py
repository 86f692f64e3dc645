"""Answers that may be given again for a while, so that a surge of citizens asks the water office once a minute.

Bounded in number and in age, told the time. What is kept may be about one citizen: it is in memory only, for seconds,
and under the hash of the question, so that no number that somebody keyed lies about as a key.
"""

import hashlib
from collections import OrderedDict
from typing import Generic, TypeVar

_T = TypeVar("_T")

ANSWERS = 4_096
"""50 calls/s that each ask something else fill it in 80 s; an answer is under a kilobyte."""


class AnswerCache(Generic[_T]):
    """Least recently kept goes first."""

    __slots__ = ("_kept", "_most")

    def __init__(self, most: int = ANSWERS) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, tuple[int, _T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, question: str, now_ms: int) -> _T | None:
        """The answer to exactly this question, if it has not expired."""
        key = _key(question)
        found = self._kept.get(key)
        if found is None:
            return None
        until_ms, answer = found
        if now_ms >= until_ms:
            del self._kept[key]
            return None
        return answer

    def keep(self, question: str, answer: _T, now_ms: int, keep_ms: int) -> None:
        """Keep it for `keep_ms`; 0 keeps nothing."""
        if keep_ms <= 0:
            return
        key = _key(question)
        self._kept[key] = (now_ms + keep_ms, answer)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _key(question: str) -> bytes:
    return hashlib.sha256(question.encode()).digest()

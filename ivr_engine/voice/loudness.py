"""How loud speech is: the level of its loud parts, so that a pause in a sentence does not make it seem quiet.

A telephone has no volume for each prompt: a greeting and a number said after it must be equally loud. Like the loudness
of broadcasting (ITU-R BS.1770) the level is gated twice, first absolutely, then relative to what is left; unlike it,
nothing is weighted by frequency, because a telephone's band is narrow.
"""

import array
import math
import sys

TARGET_DB = -20.0
"""RMS of the loud parts, relative to full scale: as loud as people who speak into telephones, with room for peaks."""

PEAK_DB = -1.0
"""No sample comes nearer to full scale: telephones change the rate and the coding, and what touches the top breaks."""

BLOCK_MS = 50
SILENCE_DB = -60.0
"""Blocks below are no speech."""

PAUSE_DB = 10.0
"""Blocks so much below the level of all speech are its pauses."""

_FULL_SCALE = 32_768.0


def level_db(samples: bytes, rate_hz: int) -> float:
    """The level of 16-bit mono samples (little-endian), in dB of full scale; -inf for silence."""
    values = _values(samples)
    size = max(1, rate_hz * BLOCK_MS // 1000)
    blocks = [values[start : start + size] for start in range(0, len(values), size)]
    powers = [sum(value * value for value in block) / len(block) / _FULL_SCALE**2 for block in blocks]
    spoken = [power for power in powers if power > _power(SILENCE_DB)]
    if not spoken:
        return -math.inf
    floor = sum(spoken) / len(spoken) * _power(-PAUSE_DB)
    loud = [power for power in spoken if power >= floor]
    return 10 * math.log10(sum(loud) / len(loud))


def peak_db(samples: bytes) -> float:
    """The largest sample, in dB of full scale; -inf where all are zero."""
    largest = max((abs(value) for value in _values(samples)), default=0)
    return 20 * math.log10(largest / _FULL_SCALE) if largest else -math.inf


def _values(samples: bytes) -> "array.array[int]":
    values = array.array("h", samples)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _power(level: float) -> float:
    return math.pow(10, level / 10)

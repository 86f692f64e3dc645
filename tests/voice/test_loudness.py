"""How loud a sound is said to be, against sounds whose level is known."""

import array
import math

import pytest

from ivr_engine.voice.loudness import level_db, peak_db

RATE_HZ = 8_000


def tone(level: float, length_ms: int = 1_000) -> bytes:
    """A sine whose RMS is `level` dB below full scale."""
    peak = 32_768 * math.sqrt(2) * 10 ** (level / 20)
    count = RATE_HZ * length_ms // 1_000
    samples = (round(peak * math.sin(2 * math.pi * 400 * number / RATE_HZ)) for number in range(count))
    return array.array("h", samples).tobytes()


@pytest.mark.parametrize("level", [-6.0, -20.0, -40.0])
def test_given_a_tone_when_measured_then_it_has_its_level(level: float) -> None:
    assert level_db(tone(level), RATE_HZ) == pytest.approx(level, abs=0.1)


def test_given_a_pause_in_speech_when_measured_then_it_does_not_count() -> None:
    assert level_db(tone(-20) + bytes(32_000) + tone(-20), RATE_HZ) == pytest.approx(-20, abs=0.1)


def test_given_noise_between_words_when_measured_then_only_the_words_count() -> None:
    assert level_db(tone(-20) + tone(-45, 3_000) + tone(-20), RATE_HZ) == pytest.approx(-20, abs=0.1)


def test_given_a_tone_when_its_peak_is_measured_then_it_is_three_decibels_above_its_level() -> None:
    assert peak_db(tone(-20)) == pytest.approx(-17, abs=0.1)
    assert peak_db(bytes(100)) == -math.inf


@pytest.mark.parametrize("silence", [b"", bytes(16_000), tone(-70)])
def test_given_silence_when_measured_then_it_has_no_level(silence: bytes) -> None:
    assert level_db(silence, RATE_HZ) == -math.inf

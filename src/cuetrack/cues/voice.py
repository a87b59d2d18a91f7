"""How a person sounds while they speak, against their own median."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people.tracks import SoundTrack, SpeechTrack
from cuetrack.terms import Signal

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

_STEP_S = 0.1
_ROWS = 10


@cue(
    signals=(
        Signal("pitch_st", "st", -36, 36, "a higher voice than this person's median", noise=0.3),
        Signal("pitch_span_st", "st", 0, 48, "a wider range of pitch", noise=0.5),
        Signal("level_db", "dB", -80, 80, "a louder voice than this person's median", noise=0.5),
        Signal("jitter", "", 0, 1, "less regular periods of the voice", noise=0.003),
        Signal("shimmer", "", 0, 2, "less even strength from period to period", noise=0.015),
        Signal("hnr_db", "dB", -40, 50, "a clearer, less noisy voice", noise=1.0),
        Signal("cpps_db", "dB", -20, 60, "a clearer, more strongly periodic voice", noise=0.7),
        Signal("articulation_syl_per_s", "syl/s", 0, 15, "faster articulation", noise=0.4),
    ),
    version="1",
)
def voice(
    sound: SoundTrack,
    speech: SpeechTrack | None = None,
    *,
    span_window_s: float = 8.0,
    quality_window_s: float = 5.0,
    rate_window_s: float = 6.0,
    least_voiced_s: float = 1.0,
) -> pd.DataFrame:
    """Measure a person's voice ten times a second, missing where they do not speak.

    `pitch_st` and `level_db` are against the median of the person's own voiced rows, from the 0.1 s of the row;
    `pitch_span_st` is P90 - P10 over `span_window_s`; voice quality is the mean over `quality_window_s`; articulation
    is syllable nuclei per second of speech over `rate_window_s`. Windows are centred and need `least_voiced_s`. Pitch
    outside 0.75 of the lower to 2.5 of the upper quartile and jumps above 7 st in 10 ms are left out (Hirst's two-pass
    range). Confidence is how voiced the row is, lowered where level and quality are unreliable, as over a call.
    """
    own = np.ones(len(sound.time_s), bool) if speech is None else _inside(sound.time_s, speech)
    f0 = _steady_pitch(np.where(own, sound.f0_hz, np.nan).astype(np.float64))
    voiced = np.isfinite(f0)
    bins = _Bins(sound.time_s)
    if voiced.sum() * 0.01 < least_voiced_s:
        names = (s.name for s in voice.cue.signals)  # type: ignore[attr-defined]
        return tables.samples(bins.time_s, sound.person, dict.fromkeys(names, np.nan), 0.0)
    semitones = 12 * np.log2(f0 / np.median(f0[voiced]))
    decibel = np.where(voiced, sound.level_db, np.nan)
    decibel -= np.median(decibel[voiced])
    speaks = bins.share(own) >= 0.5
    quality = {
        name: bins.mean_around(np.where(voiced, getattr(sound, name), np.nan), quality_window_s, least_voiced_s / 2)
        for name in ("jitter", "shimmer", "hnr_db", "cpps_db")
    }
    signals = {
        "pitch_st": bins.mean(semitones),
        "pitch_span_st": bins.range_around(semitones, span_window_s, least_voiced_s),
        "level_db": bins.mean(decibel),
        **quality,
        "articulation_syl_per_s": _articulation(sound, own, bins, rate_window_s, least_voiced_s),
    }
    signals = {name: np.where(speaks, values, np.nan) for name, values in signals.items()}
    sure = np.nan_to_num(bins.mean(np.where(own, sound.voicing, np.nan))) * (0.5 + 0.5 * sound.reliability)
    trust = speech.confidence if speech is not None else 1.0
    return tables.samples(bins.time_s, sound.person, signals, sure * trust)


class _Bins:
    """Tenths of a second over rows of 10 ms: means within them, and statistics of windows centred on them."""

    def __init__(self, row_time_s: Floats) -> None:
        self.of_row = np.floor(np.round(row_time_s / _STEP_S, 6)).astype(int)
        first = int(self.of_row[0]) if len(row_time_s) else 0
        self.count = int(self.of_row[-1]) - first + 1 if len(row_time_s) else 0
        self.of_row -= first
        self.time_s = (first + np.arange(self.count)) * _STEP_S

    def _sums(self, values: Floats) -> tuple[Floats, Floats]:
        good = np.isfinite(values)
        total = np.bincount(self.of_row[good], values[good], minlength=self.count)
        count = np.bincount(self.of_row[good], minlength=self.count)
        return total.astype(np.float64), count.astype(np.float64)

    def mean(self, values: Floats, least_rows: int = 3) -> Floats:
        total, count = self._sums(values)
        return np.where(count >= least_rows, total / np.maximum(count, 1), np.nan)

    def share(self, mask: Mask) -> Floats:
        total, count = self._sums(mask.astype(np.float64))
        return np.asarray(total / np.maximum(count, 1))

    def around(self, per_bin: Floats, window_s: float) -> Floats:
        """Sum per-bin values over a window centred on each bin."""
        half = round(window_s / 2 / _STEP_S)
        total = np.concatenate([[0.0], np.cumsum(per_bin)])
        at = np.arange(self.count)
        return np.asarray(total[np.minimum(at + half + 1, self.count)] - total[np.maximum(at - half, 0)])

    def mean_around(self, values: Floats, window_s: float, least_s: float) -> Floats:
        total, count = (self.around(x, window_s) for x in self._sums(values))
        return np.where(count * 0.01 >= least_s, total / np.maximum(count, 1), np.nan)

    def range_around(self, values: Floats, window_s: float, least_s: float, every: int = 5) -> Floats:
        """Return P90 - P10 of the rows in a window, evaluated every 0.5 s and held."""
        out = np.full(self.count, np.nan)
        good = np.flatnonzero(np.isfinite(values))
        kept, bin_of = values[good], self.of_row[good]
        half = round(window_s / 2 / _STEP_S)
        for i in range(0, self.count, every):
            low, high = np.searchsorted(bin_of, [i - half + every // 2, i + half + every // 2 + 1])
            if (high - low) * 0.01 >= least_s:
                p10, p90 = np.percentile(kept[low:high], [10, 90])
                out[i : i + every] = p90 - p10
        return out


def _inside(time_s: Floats, speech: SpeechTrack) -> Mask:
    inside = np.zeros(len(time_s), bool)
    spoken = speech.spans[speech.spans["label"] == "speech"]
    first = np.searchsorted(time_s, spoken["start_s"].to_numpy())
    last = np.searchsorted(time_s, spoken["end_s"].to_numpy())
    for start, stop in zip(first.tolist(), last.tolist(), strict=True):
        inside[start:stop] = True
    return inside


def _steady_pitch(f0: Floats) -> Floats:
    """Leave out pitch far outside the person's range and single jumps, which are mostly octave errors."""
    voiced = np.isfinite(f0)
    if not voiced.any():
        return f0
    low, high = np.percentile(f0[voiced], [25, 75])
    kept = np.where((f0 >= 0.75 * low) & (f0 <= 2.5 * high), f0, np.nan)
    jump = np.abs(np.diff(np.log2(kept), prepend=np.nan)) * 12 > 7
    return np.where(jump, np.nan, kept)


def _articulation(sound: SoundTrack, own: Mask, bins: _Bins, window_s: float, least_s: float) -> Floats:
    rows = np.clip(np.searchsorted(sound.time_s, sound.syllable_s - 0.005), 0, max(len(own) - 1, 0))
    rows = rows[own[rows]] if len(own) else rows[:0]
    nuclei = np.bincount(bins.of_row[rows], minlength=bins.count)
    spoken_s = bins.around(bins.share(own) * _STEP_S, window_s)
    rate = bins.around(nuclei.astype(np.float64), window_s) / np.maximum(spoken_s, 1e-9)
    return np.where(spoken_s >= least_s, np.minimum(rate, 15), np.nan)

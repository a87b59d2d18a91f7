"""How two people move together: likeness against surrogates, mutual gaze, mirroring and mimicry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.synchrony import following, steady_lead_s
from cuetrack.synchrony.clock import WindowClock
from cuetrack.synchrony.pair import Chance, Pair, speaking_states
from cuetrack.synchrony.turns import windowed_proximity
from cuetrack.terms import PAIR, Signal

Floats = npt.NDArray[np.floating]

RMEA: Mapping[str, object] = {"rate_hz": 25.0, "window_s": 60.0, "step_s": 30.0, "prepare": "rmea"}
"""Settings for comparison with rMEA's literature (its manual's windows, its smoothing and scaling)."""
SUSY: Mapping[str, object] = {"window_s": 30.0, "step_s": 30.0, "lag_s": 3.0, "prepare": "raw"}
"""Settings for comparison with SUSY's literature: windows that do not overlap, lags to 3 s, nothing taken out."""

_VOICE = {"pitch_st": 1.0, "level_db": 2.0, "articulation_syl_per_s": 0.5}
"""Voice features compared between turns, each over its usual size of change."""
_BEYOND = "than other times of the same session give"


@cue(
    pair=True,
    version="1",
    signals=(
        Signal("motion_sync_z", "SD", -99, 99, f"bodies moved more alike {_BEYOND}", noise=1.0),
        Signal("head_sync_z", "SD", -99, 99, f"heads moved more alike {_BEYOND}", noise=1.0),
        Signal("face_sync_z", "SD", -99, 99, f"faces moved more alike {_BEYOND}", noise=1.0),
        Signal("voice_sync_z", "SD", -99, 99, f"neighbouring turns sounded more alike {_BEYOND}", noise=1.0),
        Signal("breathing_sync_z", "SD", -99, 99, f"chests moved more alike {_BEYOND}", noise=1.0),
        Signal("motion_abs_z", "SD", -99, 99, f"bodies moved more alike or more opposite {_BEYOND}", noise=1.0),
        Signal("head_abs_z", "SD", -99, 99, f"heads moved more alike or more opposite {_BEYOND}", noise=1.0),
        Signal("face_abs_z", "SD", -99, 99, f"faces moved more alike or more opposite {_BEYOND}", noise=1.0),
        Signal("breathing_abs_z", "SD", -99, 99, f"chests moved more alike or more opposite {_BEYOND}", noise=1.0),
        Signal("motion_lead_s", "s", -60, 60, "the person first in alphabetical order moved first", noise=0.2),
        Signal("mutual_gaze", "", 0, 1, "both likely looked toward each other for more of the time", noise=0.05),
        Signal("mirroring", "", -1, 1, "postures changed from their usual the same way, as in a mirror", noise=0.1),
    ),
    spans=("mimicry",),
)
def synchrony(
    gesture: pd.DataFrame | None = None,
    head: pd.DataFrame | None = None,
    face_cue: pd.DataFrame | None = None,
    face_spans: pd.DataFrame | None = None,
    breathing: pd.DataFrame | None = None,
    voice: pd.DataFrame | None = None,
    turns_spans: pd.DataFrame | None = None,
    speaking: pd.DataFrame | None = None,
    gaze: pd.DataFrame | None = None,
    posture: pd.DataFrame | None = None,
    *,
    rate_hz: float = 10.0,
    window_s: float = 30.0,
    step_s: float = 5.0,
    lag_s: float = 5.0,
    face_lag_s: float = 2.0,
    voice_window_s: float = 120.0,
    turn_part_s: float = 3.0,
    mimicry_s: tuple[float, float] = (0.2, 4.0),
    prepare: str = "log",
    surrogates: int = 200,
    min_shift_s: float = 60.0,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure how alike two people move, look and sound, one row per window (`time_s` its middle), person `pair`.

    Movement, head, face and breathing: windowed cross-lagged correlation, its mean over lags (`_sync_z` with sign,
    `_abs_z` without) as (observed - mean) / SD of circular shifts of the same session by `min_shift_s` or more; raw
    correlations are not given, since independent series reach high ones. `prepare`: "log" takes log1p and removes what
    who-speaks explains, "rmea" smooths and scales as rMEA, "raw" leaves all; `RMEA` and `SUSY` are settings of that
    literature. Voice: closeness of neighbouring turns in pitch, level and rate within `voice_window_s` against shuffled
    turns. `motion_lead_s` only where the peak lag is steady and beats surrogates. A `mimicry` span is a smile onset
    within `mimicry_s` of the other's; its score is how unlikely that is by chance. What either person lacks is missing.
    No sign of synchrony is good or bad. Sources: Ramseyer & Tschacher 2011; Levitan & Hirschberg 2011; Moulder 2018.
    """
    given = [t for t in (gesture, head, face_cue, breathing, voice, gaze, posture) if t is not None and len(t)]
    clock = WindowClock.over(given, rate_hz, window_s, step_s, lag_s)
    people = sorted({name for table in given for name in table["person"].unique()} - {PAIR})
    if clock is None or len(people) != 2:
        return _nothing(clock), tables.spans()
    chance = Chance(surrogates, min_shift_s, seed)
    states = speaking_states(speaking, people, clock) if prepare == "log" else None
    pair = Pair(people, clock, states, prepare, chance)
    body = pair.moved(gesture, ("motion_sw_per_s", "motion_energy"), lag_s)
    heads = pair.moved(head, ("head_speed_deg_per_s",), lag_s)
    faces = pair.moved(face_cue, ("expressivity_per_s",), face_lag_s)
    chests = Pair(people, clock, None, "raw", chance).moved(breathing, ("chest_mm",), lag_s)
    columns = {
        "motion_sync_z": clock.fit(body.signed_z if body else None),
        "head_sync_z": clock.fit(heads.signed_z if heads else None),
        "face_sync_z": clock.fit(faces.signed_z if faces else None),
        "voice_sync_z": _voice(voice, turns_spans, people, clock, voice_window_s, turn_part_s, chance),
        "breathing_sync_z": clock.fit(chests.signed_z if chests else None),
        "motion_abs_z": clock.fit(body.absolute_z if body else None),
        "head_abs_z": clock.fit(heads.absolute_z if heads else None),
        "face_abs_z": clock.fit(faces.absolute_z if faces else None),
        "breathing_abs_z": clock.fit(chests.absolute_z if chests else None),
        "motion_lead_s": clock.fit(steady_lead_s(body) if body else None),
        "mutual_gaze": pair.mutual(gaze),
        "mirroring": pair.mirrored(posture),
    }
    limited = {name: np.clip(x, -99, 99) if name.endswith("_z") else x for name, x in columns.items()}
    samples = tables.samples(clock.time_s, PAIR, limited, _confidence(given, people, clock))
    return samples, _mimicry(face_spans, face_cue, people, clock, mimicry_s)


def _voice(
    voice: pd.DataFrame | None,
    turns: pd.DataFrame | None,
    people: Sequence[str],
    clock: WindowClock,
    window_s: float,
    part_s: float,
    chance: Chance,
) -> Floats:
    """Return the z of turn-level closeness around each window's middle."""
    if voice is None or turns is None or not len(clock.time_s):
        return clock.fit(None)
    rows = turns[(turns["label"] == "turn") & turns["person"].isin(people)].sort_values("start_s")
    who, start, end = rows["person"].to_numpy(), rows["start_s"].to_numpy(), rows["end_s"].to_numpy()
    change = np.flatnonzero(who[1:] != who[:-1])
    if not len(change):
        return clock.fit(None)
    lasts = _parts(voice, who[change], np.maximum(start[change], end[change] - part_s), end[change])
    firsts = _parts(voice, who[change + 1], start[change + 1], np.minimum(end[change + 1], start[change + 1] + part_s))
    inside = np.abs(start[change + 1][None, :] - clock.time_s[:, None]) <= window_s / 2
    return windowed_proximity(
        lasts, firsts, speaker=who[change], inside=inside, shuffles=chance.surrogates, seed=chance.seed
    )


def _parts(voice: pd.DataFrame, who: npt.NDArray[np.object_], start_s: Floats, end_s: Floats) -> Floats:
    """Return median voice features of stretches of speech, over their usual size of change, (stretches, features)."""
    values = np.full((len(who), len(_VOICE)), np.nan)
    for person in np.unique(who):
        rows = voice[(voice["person"] == person) & (voice["confidence"] > 0)]
        time, features = rows["time_s"].to_numpy(), rows[list(_VOICE)].to_numpy(np.float64) / list(_VOICE.values())
        for k in np.flatnonzero(who == person):
            low, high = np.searchsorted(time, (start_s[k], end_s[k]))
            stretch = features[low:high]
            enough = np.isfinite(stretch).sum(axis=0) >= 2
            values[k, enough] = np.nanmedian(stretch[:, enough], axis=0)
    return values


def _mimicry(
    face_spans: pd.DataFrame | None,
    face_cue: pd.DataFrame | None,
    people: Sequence[str],
    clock: WindowClock,
    delay_s: tuple[float, float],
) -> pd.DataFrame:
    """Return smile onsets that follow the other's, each scored by how unlikely it is that one falls there by chance."""
    if face_spans is None or face_cue is None:
        return tables.spans()
    onset = {p: _onsets(face_spans, p) for p in people}
    rows = []
    for person, other in (tuple(people), tuple(reversed(people))):
        seen = clock.series(face_cue, person, "smile") if "smile" in face_cue else np.empty(0)
        found = following(
            onset[other], onset[person], duration_s=float(np.isfinite(seen).sum()) / clock.rate_hz, delay_s=delay_s
        )
        nearest = dict(zip(found.follower.tolist(), found.leader.tolist(), strict=True))  # the last leader onset stays
        for followed, led in nearest.items():
            rows.append(
                {
                    "start_s": onset[other][led],
                    "end_s": onset[person][followed],
                    "person": person,
                    "toward": other,
                    "label": "mimicry",
                    "score": 1.0 - found.chance,
                    "source": "smile onsets",
                }
            )
    return tables.spans(rows)


def _onsets(spans: pd.DataFrame, person: str) -> Floats:
    chosen = spans[(spans["label"] == "smile") & (spans["person"] == person)]
    return np.sort(chosen["start_s"].to_numpy(np.float64))


def _confidence(given: Sequence[pd.DataFrame], people: Sequence[str], clock: WindowClock) -> Floats:
    """Return the mean over tables of the less sure person's confidence in each window."""
    sure = []
    for table in given:
        if set(people) <= set(table["person"]):
            each = [np.nan_to_num(clock.series(table, person, "confidence")) for person in people]
            sure.append(clock.mean(np.minimum(*each)))
    return np.mean(sure, axis=0) if sure else np.zeros(len(clock.time_s))


def _nothing(clock: WindowClock | None) -> pd.DataFrame:
    """Return rows that say missing, one per window, or no rows where nothing at all was measured."""
    names = [s.name for s in synchrony.cue.signals]  # type: ignore[attr-defined]
    return tables.samples([] if clock is None else clock.time_s, PAIR, dict.fromkeys(names, np.nan), 0.0)

"""Who speaks when both voices are in one channel: by lips and sound where faces are seen, else by sound alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from cuetrack.media.audio import Raw
from cuetrack.people.activity import short_level, speech_likelihood, speech_mask, speech_or_voice
from cuetrack.people.channels import REMOTE_RELIABILITY, ROW_S, Gaps, heard_spans, speech_spans, without_noises
from cuetrack.people.diarise import OTHER, best_path, fit_mixture, tell_apart
from cuetrack.people.lips import lip_motion
from cuetrack.people.noises import find_noises
from cuetrack.people.sound import keep_rows, measure_sound
from cuetrack.people.timbre import cepstra
from cuetrack.people.tracks import FaceTrack, SoundTrack, SpeechTrack
from cuetrack.tables import join

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int8]

_STEP = 10
_STAY, _SWITCH = 4, -3.0
_MIX_RELIABILITY = 0.7
_LEAST_SEEN = 0.3


def hear_mix(
    samples: Raw,
    people: Sequence[str],
    start_s: float,
    *,
    faces: Mapping[str, FaceTrack] | None = None,
    speaker_a: str | None = None,
    known: Mapping[str, tuple[float, float]] | None = None,
    remote: bool = False,
    gaps: Gaps = (),
) -> tuple[dict[str, SpeechTrack], dict[str, SoundTrack], list[str]]:
    """Return speech and sound tracks of two people heard in one channel, and notes in plain words.

    A sound track holds only the rows in which that person alone speaks. A voice that is neither's is a span
    `other_voice` of everyone's speech track.
    """
    whole = measure_sound("", samples, start_s=start_s)
    level = short_level(samples)
    likely = speech_or_voice(speech_likelihood(samples), whole.voicing, level)
    speech = speech_mask(likely, level)
    voiced = np.isfinite(whole.f0_hz)
    timbre = cepstra(samples)
    speech = without_noises(speech, find_noises(level, whole.f0_hz, timbre, likely, speech))
    heard = heard_spans(level, start_s, len(samples), gaps)
    notes: list[str] = []
    moving = _lips(faces or {}, people, whole.time_s)
    if moving is not None:
        says, other, sure = _by_lips(moving, timbre, speech, voiced, level)
        source = "lips_and_sound"
        notes.append(
            "both voices are in one channel: lips and sound say who speaks; short answers and overlap are less sure"
        )
    else:
        says, other, sure = _by_sound(timbre, speech, voiced, level)
        source = "voice_clusters"
        says, notes = _named(says, people, start_s, speaker_a, known)
        unseen = " (the faces are not seen enough)" if faces else ""
        notes.insert(0, f"both voices are in one channel and told apart by sound alone{unseen}: expect errors")
    if other.any():
        notes.append(f"a voice that is neither person's is heard for {other.sum() * ROW_S:.0f} s")
    speech_tracks, sound_tracks = {}, {}
    for number, person in enumerate(people):
        own = says[:, number]
        spans = join([
            speech_spans(person, own, sure, start_s, source),
            speech_spans(person, other, sure, start_s, source, label="other_voice"),
        ])  # fmt: skip
        confidence = float(np.clip(sure[own].mean(), 0, 1)) if own.any() else 0.5
        speech_tracks[person] = SpeechTrack(person, spans, source, confidence, heard)
        alone = own & ~says[:, 1 - number] & ~other
        trust = REMOTE_RELIABILITY if remote else 1.0
        kept = keep_rows(whole, alone, reliability=trust * _MIX_RELIABILITY, source=source, person=person)
        sound_tracks[person] = kept
    return speech_tracks, sound_tracks, notes


def _by_sound(timbre: Floats, speech: Mask, voiced: Mask, level: Floats) -> tuple[Mask, Mask, Floats]:
    """Return who speaks (rows, 2), where a third voice does (rows,), and how sure that is (rows,), by voice alone."""
    voices = tell_apart(timbre, speech, voiced, level)
    says = np.stack([voices.label == 0, voices.label == 1], axis=1)
    # 0.65 nats a row separated two similar women well enough for 17 % error, 2.5 a man and a woman for 2 %.
    sure = float(np.clip(0.4 + 0.2 * voices.distance, 0.3, 0.85))
    return says, voices.label == OTHER, np.full(len(speech), sure, np.float32)


def _named(
    says: Mask,
    people: Sequence[str],
    start_s: float,
    speaker_a: str | None,
    known: Mapping[str, tuple[float, float]] | None,
) -> tuple[Mask, list[str]]:
    """Put the voices in the order of `people`, by a known stretch, by who is heard first, or by guess."""
    swap = False
    notes = []
    if known:
        votes = 0
        for person, (from_s, to_s) in known.items():
            first, last = (max(0, round((t - start_s) / ROW_S)) for t in (from_s, to_s))
            time_of = says[first:last].sum(axis=0)
            votes += int(time_of[1] - time_of[0]) * (1 if person == people[0] else -1)
        swap = votes > 0
        if votes == 0:
            notes.append("the known stretches hold no speech of one voice; names are given in order of first speech")
    else:
        firsts = [int(says[:, k].argmax()) if says[:, k].any() else len(says) for k in (0, 1)]
        swap = firsts[1] < firsts[0]
        if speaker_a is None:
            notes.append(f"which voice is whose is not known: the first one heard is taken as {people[0]}'s")
        elif speaker_a != people[0]:
            swap = not swap
    return (says[:, ::-1] if swap else says), notes


def _lips(faces: Mapping[str, FaceTrack], people: Sequence[str], time_s: Floats) -> Floats | None:
    """Return both people's lip motion per step of 0.1 s, (steps, 2), None where the faces are not seen enough."""
    if any(p not in faces for p in people):
        return None
    middles = time_s[::_STEP] + (_STEP - 1) / 2 * ROW_S
    motion = np.stack([lip_motion(faces[p], middles) for p in people], axis=1)
    return motion if np.isfinite(motion).all(axis=1).mean() >= _LEAST_SEEN else None


def _by_lips(motion: Floats, timbre: Floats, speech: Mask, voiced: Mask, level: Floats) -> tuple[Mask, Mask, Floats]:
    """Return who speaks (rows, 2), where neither's lips go with the speech (rows,), and how sure that is (rows,)."""
    steps = len(motion)
    rows_of = _per_step(speech.astype(np.float64), steps)
    talks = rows_of >= 0.5 * _STEP
    evidence = np.stack([_lip_evidence(motion[:, k], talks) for k in (0, 1)], axis=1)
    seen = np.isfinite(motion)
    for _ in range(2):
        score = _scores(evidence, seen, talks)
        path = best_path(score, _STAY, _SWITCH)
        voices = _voice_evidence(path, talks, timbre, speech & voiced, level)
        if voices is None:
            break
        evidence = np.stack([_lip_evidence(motion[:, k], talks) for k in (0, 1)], axis=1) + voices
    path = best_path(_scores(evidence, seen, talks), _STAY, _SWITCH)
    row_path = np.repeat(path, _STEP)[: len(speech)]
    says = np.stack([speech & np.isin(row_path, (0, 2)), speech & np.isin(row_path, (1, 2))], axis=1)
    margin = np.abs(evidence[:, 0] - evidence[:, 1])
    sure = np.where(path == 2, 0.6, 1 / (1 + np.exp(-np.minimum(margin, 4) / 1.5)))
    return says, speech & (row_path == 3), np.repeat(sure, _STEP)[: len(speech)].astype(np.float32)


def _lip_evidence(motion: Floats, talks: Mask) -> Floats:
    """Return the log odds that the owner of the lips speaks, per step; 0 where the lips are not seen."""
    quiet = motion[~talks & np.isfinite(motion)]
    usual = float(np.clip(np.median(quiet), 0.0, 0.1)) if len(quiet) >= 20 else 0.0
    x = np.log((motion + 0.02) / (usual + 0.02))
    # Still lips about 0 +- 0.5, speaking lips about 1.8 +- 0.8, in logs of the usual motion.
    odds = 0.5 * (x / 0.5) ** 2 - 0.5 * ((x - 1.8) / 0.8) ** 2 - np.log(0.8 / 0.5)
    odds = np.where(x > 1.8, np.maximum(odds, 2.0), np.where(x < 0, np.minimum(odds, -2.0), odds))
    return np.asarray(np.nan_to_num(np.clip(odds, -3, 3) * 0.5))


def _voice_evidence(path: Labels, talks: Mask, timbre: Floats, telling: Mask, level: Floats) -> Floats | None:
    """Return for each person the log odds, by their voice as heard where their lips say so; None if too little."""
    rows = np.flatnonzero(telling)
    if len(rows) < 200:
        return None
    x = (timbre - timbre[rows].mean(axis=0)) / (timbre[rows].std(axis=0) + 1e-9)
    of_step = np.minimum(rows // _STEP, len(path) - 1)
    likely = []
    for person in (0, 1):
        own = rows[(path[of_step] == person) & talks[of_step]]
        if len(own) < 150:
            return None
        likely.append(fit_mixture(x[own], min(8, len(own) // 60 + 1)).log_density(x[rows]))
    odds = np.bincount(of_step, 0.1 * (likely[0] - likely[1]), minlength=len(path))
    odds = np.clip(odds, -2, 2)
    return np.stack([odds, -odds], axis=1) / 2


def _scores(evidence: Floats, seen: Mask, talks: Mask) -> Floats:
    """Return the log likelihood of: first alone, second alone, both, neither; flat where nobody speaks."""
    both = evidence.sum(axis=1) - 1.5
    neither = np.where(seen.all(axis=1), -2.0, -6.0)
    score = np.stack([evidence[:, 0], evidence[:, 1], both, neither], axis=1)
    return np.where(talks[:, None], score, 0.0)


def _per_step(values: Floats, steps: int) -> Floats:
    """Sum rows of 10 ms into steps of 0.1 s."""
    return np.asarray(np.pad(values, (0, steps * _STEP - len(values))).reshape(steps, _STEP).sum(axis=1))

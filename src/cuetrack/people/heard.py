"""Keep and fetch what was heard: one parquet per person's sound, one for everyone's speech."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.people.tracks import SoundTrack, SpeechTrack
from cuetrack.store.files import read_table, write_table

_COLUMNS = ("time_s", "f0_hz", "voicing", "level_db", "hnr_db", "cpps_db", "jitter", "shimmer", "onset")


def save_sound_tracks(folder: Path, speech: Mapping[str, SpeechTrack], sound: Mapping[str, SoundTrack]) -> None:
    """Write `sound.<person>.parquet` and `speech.parquet` into a folder, each whole or not at all.

    Whoever was heard in an earlier run but is not now is taken out.
    """
    for path in folder.glob("sound.*.parquet"):
        if path.name.split(".")[1] not in sound:
            path.unlink()
    for person, track in sound.items():
        table = pd.DataFrame({name: getattr(track, name) for name in _COLUMNS})
        table["syllable"] = np.isin(np.arange(len(table)), _rows_of(track))
        table.attrs = {"person": person, "source": track.source, "reliability": track.reliability}
        write_table(folder / f"sound.{person}.parquet", table)
    spans = tables.join([tables.spans(), *(t.spans for t in speech.values())])
    spans.attrs = {
        p: {"source": t.source, "confidence": t.confidence, "heard": [list(h) for h in t.heard]}
        for p, t in speech.items()
    }
    write_table(folder / "speech.parquet", spans)


def load_sound_tracks(folder: Path) -> tuple[dict[str, SpeechTrack], dict[str, SoundTrack]]:
    """Read the speech and sound tracks of everyone from a folder; raises StoreError for what cannot be read."""
    sound = {}
    for path in sorted(folder.glob("sound.*.parquet")):
        table = read_table(path)
        columns = {name: table[name].to_numpy() for name in _COLUMNS}
        syllable_s = columns["time_s"][table["syllable"].to_numpy()]
        person, source = str(table.attrs["person"]), str(table.attrs["source"])
        sound[person] = SoundTrack(
            person, **columns, syllable_s=syllable_s, source=source, reliability=float(table.attrs["reliability"])
        )
    path = folder / "speech.parquet"
    spans = read_table(path) if path.exists() else tables.spans()
    speech = {}
    for name, known in spans.attrs.items():
        person = str(name)
        own = spans[spans["person"] == person].reset_index(drop=True)
        own.attrs = {}
        heard = tuple((float(a), float(b)) for a, b in known["heard"])
        speech[person] = SpeechTrack(person, own, str(known["source"]), float(known["confidence"]), heard)
    return speech, sound


def _rows_of(track: SoundTrack) -> npt.NDArray[np.intp]:
    return np.searchsorted(track.time_s, track.syllable_s - 0.005)

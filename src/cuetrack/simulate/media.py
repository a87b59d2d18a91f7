"""A script as a recording: rendered in parallel stretches, joined without encoding again, with sound."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cuetrack.simulate import sound as sounds_of
from cuetrack.simulate.appearance import Appearance
from cuetrack.simulate.picture import COMMANDS, Renderer
from cuetrack.simulate.portrait import LOOKS
from cuetrack.simulate.truth import Truth, truth
from cuetrack.simulate.voice import RATE_HZ

if TYPE_CHECKING:
    from cuetrack.simulate.script import Person, Script

Bytes = npt.NDArray[np.uint8]
Progress = Callable[[float], None]

_ENCODERS = {
    "h264": ("libx264", {"crf": "23", "preset": "veryfast", "bf": "0", "threads": "1"}),
    "mpeg4": ("mpeg4", {"qscale": "4", "bf": "0", "threads": "1"}),
}
_STRETCH_S = 20.0
_BAR = 28  # brightness of what a picture of another shape leaves free


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered session: `path`, or one path per person in `paths`, and its truth."""

    path: Path
    paths: Mapping[str, Path]
    truth: Truth


def render(
    script: Script,
    out_path: str | Path,
    *,
    progress: Progress | None = None,
    layout: str | None = None,
    sound: str | None = None,
    crosstalk_db: float | None = None,
    floor_db: float = -62.0,
    workers: int | None = None,
) -> Truth:
    """Render a script to a recording and return its truth.

    `layout` ("two_person": one picture, left and right; "file_per_person": `NAME.person.mp4` each) and `sound`
    ("stereo": who is seen on the left on the left channel; "mono"; "per_file": one's own) override the script's output;
    `per_file` with one picture writes `NAME.person.wav` and a picture without sound. `progress` is called with 0..1.
    `crosstalk_db` lets the others' voices into each channel, `floor_db` is the room's noise (dB re full scale).
    Files appear whole or not at all.
    """
    script = _with_output(script, layout, sound)
    target = Path(out_path)
    target.parent.mkdir(parents=True, exist_ok=True)
    voices = sounds_of.voices(script)
    channels = sounds_of.recorded(script, voices, crosstalk_db=crosstalk_db, floor_db=floor_db)
    with tempfile.TemporaryDirectory(prefix=".rendering-", dir=target.parent) as folder:
        made = _Session(script, Path(folder), progress).files(target, channels, workers or os.cpu_count() or 1)
        for temporary, final in made:
            os.replace(temporary, final)
    return truth(script, voices if "sound" not in script.output.missing else {}, rate_hz=script.output.fps)


def paths_of(script: Script, out_path: str | Path) -> dict[str, Path]:
    """Return the file of each person that `render` makes in the layout `file_per_person`."""
    path = Path(out_path)
    return {p.name: path.with_name(f"{path.stem}.{p.name}{path.suffix}") for p in script.people}


def cached(
    script: Script, *, folder: str | Path | None = None, progress: Progress | None = None, **how: Any
) -> Rendered:
    """Return a rendered script, rendering it only if this script has not been rendered by this code before.

    `how` goes to `render`. Files lie in the user's cache folder, or in `folder`, under a hash of script and simulator.
    """
    import platformdirs

    place = Path(folder) if folder else Path(platformdirs.user_cache_dir("cuetrack")) / "simulated"
    key = hashlib.sha256(f"{_code()} {script!r} {sorted(how.items())!r}".encode()).hexdigest()[:20]
    path = place / f"{script.name}-{key}" / f"{script.name}.mp4"
    output = _with_output(script, how.get("layout"), how.get("sound")).output
    per_person = paths_of(script, path) if output.layout == "file_per_person" else {p.name: path for p in script.people}
    if path.parent.is_dir():
        voices = {} if "sound" in output.missing else sounds_of.voices(script)
        return Rendered(path, per_person, truth(script, voices, rate_hz=output.fps))
    place.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".rendering-", dir=place))
    try:
        found = render(script, making / path.name, progress=progress, **how)
        try:
            os.replace(making, path.parent)
        except OSError:  # another process was faster
            if not path.parent.is_dir():
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Rendered(path, per_person, found)


def _with_output(script: Script, layout: str | None, sound: str | None) -> Script:
    output = replace(script.output, layout=layout or script.output.layout, sound=sound or script.output.sound)
    return replace(script, output=output)


@cache
def _code() -> str:
    """Return a hash of everything that rendering is made of."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*")):
        if file.suffix in {".py", ".toml", ".png", ".npy"} and not file.name.startswith(("signals", "truth")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


class _Session:
    """One rendering under way: curves, renderers per thread, and how far it is."""

    def __init__(self, script: Script, folder: Path, progress: Progress | None) -> None:
        self.script, self.folder, self.progress = script, folder, progress
        self.fps = Fraction(script.output.fps).limit_denominator(1001)
        curves = script.curves(float(self.fps))
        self.commands = {p.name: _commands(curves[p.name]) for p in script.people}
        self.count = len(next(iter(self.commands.values()))["yaw_deg"])
        self.left_to_right = sorted(script.people, key=lambda p: p.place != "left")
        self.lock, self.done, self.of = threading.Lock(), 0, self.count
        self.stopped = False

    def files(
        self, target: Path, channels: Mapping[str, npt.NDArray[np.float32]], workers: int
    ) -> list[tuple[Path, Path]]:
        """Make every file under a temporary name; return (temporary, final) pairs."""
        output = self.script.output
        audible = "sound" not in output.missing
        if output.layout == "file_per_person":
            self.of = self.count * len(self.left_to_right)
            made = []
            for person, final in zip(self.script.people, paths_of(self.script, target).values(), strict=True):
                own = channels[person.name] if output.sound == "per_file" else sounds_of.mixed(channels)
                temporary = self.folder / final.name
                self._recording(temporary, [person], [own] if audible else [], workers)
                made.append((temporary, final))
            return made
        temporary = self.folder / target.name
        seen = self.left_to_right[::-1] if output.mirrored else self.left_to_right
        ordered = [channels[p.name] for p in seen]
        track = {"stereo": ordered, "mono": [sounds_of.mixed(channels)], "per_file": []}[output.sound]
        self._recording(temporary, self.left_to_right, track if audible else [], workers)
        made = [(temporary, target)]
        if output.sound == "per_file" and audible:
            made += [self._wav(person.name, channels[person.name], target) for person in self.script.people]
        return made

    def _wav(self, name: str, samples: npt.NDArray[np.float32], target: Path) -> tuple[Path, Path]:
        import soundfile

        final = target.with_name(f"{target.stem}.{name}.wav")
        soundfile.write(self.folder / final.name, samples, RATE_HZ, subtype="PCM_16")
        return self.folder / final.name, final

    def _recording(self, path: Path, people: list[Person], track: list[npt.NDArray[np.float32]], workers: int) -> None:
        """Render the picture in stretches, several at a time, and join them with the sound."""
        step = max(int(_STRETCH_S * self.fps), 1)
        if self.count < 2 * step:
            step = max(-(-self.count // max(workers, 1)), 1)
        starts = range(0, self.count, step)
        with ThreadPoolExecutor(max_workers=max(workers, 1)) as pool:
            jobs = [pool.submit(self._stretch, people, s, min(s + step, self.count), path.stem) for s in starts]
            try:
                pieces = [job.result() for job in jobs]
            except BaseException:
                self.stopped = True
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        self._join(path, pieces, list(starts), track)

    def _stretch(self, people: list[Person], first: int, last: int, name: str) -> Path:
        """Encode pictures first..last-1 as a file of its own."""
        import av

        missing = self.script.output.missing
        renderers = [Renderer(LOOKS[p.look], Appearance(p.skin, p.glasses, p.beard), missing) for p in people]
        path = self.folder / f"{name}-{first}.mp4"
        with av.open(str(path), "w") as container:
            stream = self._video_stream(container, len(people))
            for index in range(first, last):
                if self.stopped:
                    break
                picture = self._picture(people, renderers, index)
                frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
                frame.pts = index - first
                for packet in stream.encode(frame):
                    container.mux(packet)
                self._count_one()
            for packet in stream.encode():
                container.mux(packet)
        return path

    def _picture(self, people: list[Person], renderers: list[Renderer], index: int) -> Bytes:
        import cv2

        halves = []
        for person, renderer in zip(people, renderers, strict=True):
            at = {name: float(values[index]) for name, values in self.commands[person.name].items()}
            halves.append(_fitted(renderer.frame(at, index), self.script.output.size))
        whole = np.hstack(halves)
        if self.script.output.mirrored:
            whole = cv2.flip(whole, 1)
        return np.asarray(cv2.cvtColor(whole, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)

    def _video_stream(self, container: Any, people: int) -> Any:
        encoder, options = _ENCODERS[self.script.output.codec]
        stream = container.add_stream(encoder, rate=self.fps, options=dict(options))
        width, height = self.script.output.size
        stream.width, stream.height, stream.pix_fmt = width * people, height, "yuv420p"
        return stream

    def _join(self, path: Path, pieces: list[Path], starts: list[int], track: list[npt.NDArray[np.float32]]) -> None:
        import av

        with av.open(str(path), "w") as container:
            with av.open(str(pieces[0])) as first:
                video = container.add_stream_from_template(first.streams.video[0])
            audio = None
            if track:
                audio = container.add_stream("aac", rate=RATE_HZ, layout="mono" if len(track) == 1 else "stereo")
                audio.bit_rate = 96_000 * len(track)
                for packet in _audio_packets(audio, track):
                    container.mux(packet)
            for piece, start in zip(pieces, starts, strict=True):
                with av.open(str(piece)) as part:
                    source = part.streams.video[0]
                    offset = int(start / (self.fps * source.time_base))
                    for packet in part.demux(source):
                        if packet.dts is None:
                            continue
                        packet.pts += offset
                        packet.dts += offset
                        packet.stream = video
                        container.mux(packet)
                piece.unlink()

    def _count_one(self) -> None:
        with self.lock:
            self.done += 1
            if self.progress is not None and (self.done % 10 == 0 or self.done == self.of):
                self.progress(self.done / self.of)


def _commands(channels: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, npt.NDArray[np.float64]]:
    """Return what the renderer needs from a person's curves."""
    renamed = {"breath_px": "breath_y_px"}
    return {name: channels[renamed.get(name, name)] for name in COMMANDS}


def _fitted(picture: Bytes, size: tuple[int, int]) -> Bytes:
    """Return a picture at this size, whole, with bars where its shape is another."""
    import cv2

    width, height = size
    rows, columns = picture.shape[:2]
    if (columns, rows) == (width, height):
        return picture
    scale = min(width / columns, height / rows)
    inner = (round(columns * scale), round(rows * scale))
    shown = picture if inner == (columns, rows) else cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    edges = (top, height - inner[1] - top, left, width - inner[0] - left)
    return np.asarray(cv2.copyMakeBorder(shown, *edges, cv2.BORDER_CONSTANT, value=(_BAR,) * 3), dtype=np.uint8)


def _audio_packets(stream: Any, track: list[npt.NDArray[np.float32]]) -> list[Any]:
    import av

    samples = np.stack(track)
    layout = "mono" if len(track) == 1 else "stereo"
    packets: list[Any] = []
    for start in range(0, samples.shape[1], 1024):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[:, start : start + 1024]), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        packets += stream.encode(frame)
    packets += stream.encode(None)
    return packets

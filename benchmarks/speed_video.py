"""The video stage against a bare loop of the same MediaPipe calls on the same crops of the same frames."""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from report import row
from speed_recording import repeated

PEOPLE = {"therapist": "left", "client": "right"}


@dataclass
class Calls:
    """Every MediaPipe call of a run of the video stage: engine, kind, window and time."""

    made: list[tuple[int, str, Any, int]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)


def rows(seconds: float, rounds: int) -> list[dict]:
    """Take the video stage and the bare loop in turn and return their ratios."""
    import os

    from cuetrack.people import engines

    path = repeated(seconds / 60)
    with recorded() as calls:
        stage(path)
    faces = sum(kind == "face" for _, kind, _, _ in calls.made)
    bodies = len(calls.made) - faces
    walls, bare, same, models, decode, cpu = [], [], [], [], [], []
    for _ in range(rounds):
        began, spent = time.perf_counter(), time.process_time()
        stage(path)
        walls.append(time.perf_counter() - began)
        cpu.append(time.process_time() - spent)
        bare.append(bare_loop(path, calls, stock_pose)[0])
        wall, called, decoding = bare_loop(path, calls, engines.pose_landmarker)
        same.append(wall)
        models.append(called)
        decode.append(decoding)
    ratio = [a / b for a, b in zip(walls, bare, strict=True)]
    ratio_same = [a / b for a, b in zip(walls, same, strict=True)]
    cores = os.cpu_count() or 1
    floor = [(m + d) / cores for m, d in zip(models, decode, strict=True)]
    over_floor = [a / b for a, b in zip(walls, floor, strict=True)]
    note = f"{seconds:g} s, {faces} face and {bodies} body calls, {rounds} rounds in turn"
    return [
        row("video_over_bare", statistics.median(ratio), target="≤ .58", interval=(min(ratio), max(ratio)), n=rounds,
            note=note + "; interval: range"),
        row("video_over_bare_without_mask", statistics.median(ratio_same), interval=(min(ratio_same), max(ratio_same)),
            n=rounds, note="the bare loop, too, spared the mask that the pose model draws"),
        row("video_over_floor", statistics.median(over_floor), target="≤ 1.5",
            interval=(min(over_floor), max(over_floor)), n=rounds, note="the floor without the mask; interval: range"),
        row("video_times_real_time", seconds / statistics.median(walls), unit="x", n=rounds),
        row("video_cpu_over_bare", statistics.median(c / b for c, b in zip(cpu, same, strict=True)), n=rounds,
            note="processor seconds of the stage over the wall of the bare loop without the mask"),
        row("model_share", statistics.median(m / b for m, b in zip(models, same, strict=True)), n=rounds,
            note="of the bare loop without the mask, within MediaPipe calls"),
        row("face_frames_per_cpu_s", faces / statistics.median(cpu), unit="1/s", n=rounds,
            note="faces read a processor second of the whole video stage"),
    ]  # fmt: skip


def stage(path: Path) -> None:
    """Run the video stage into a folder that is thrown away."""
    from cuetrack.people import watch

    with tempfile.TemporaryDirectory() as folder:
        watch.watch([watch.View(path, PEOPLE)], folder)


@contextmanager
def recorded() -> Iterator[Calls]:
    """Note every call of the engines that follow a person."""
    from cuetrack.people.body import BodyEngine
    from cuetrack.people.face import FaceEngine

    calls = Calls()
    kinds = {"face": FaceEngine, "body": BodyEngine}
    real = {name: kind.read for name, kind in kinds.items()}

    def noting(name: str) -> Any:
        def read(self: Any, rgb: Any, window: Any, time_ms: int) -> Any:
            with calls.lock:
                calls.made.append((id(self), name, window, time_ms))
            return real[name](self, rgb, window, time_ms)

        return read

    for name, kind in kinds.items():
        kind.read = noting(name)  # type: ignore[method-assign]
    try:
        yield calls
    finally:
        for name, kind in kinds.items():
            kind.read = real[name]  # type: ignore[method-assign]


def stock_pose(model: str, *, video: bool) -> Any:
    """Open MediaPipe's pose model as it is downloaded."""
    from cuetrack.people import engines, weights

    mp = engines.mediapipe().tasks
    return mp.vision.PoseLandmarker.create_from_options(
        mp.vision.PoseLandmarkerOptions(
            base_options=mp.BaseOptions(model_asset_path=str(weights.find(f"pose_landmarker_{model}.task"))),
            running_mode=mp.vision.RunningMode.VIDEO if video else mp.vision.RunningMode.IMAGE,
        )
    )


def bare_loop(path: Path, calls: Calls, pose: Callable[..., Any]) -> tuple[float, float, float]:
    """Decode in one thread and make the same calls; return wall, and processor seconds within calls and in decoding."""
    import av

    from cuetrack.people import engines

    open_of = {
        "face": lambda: engines.face_landmarker(faces=2, video=True),
        "body": lambda: pose("lite", video=True),
    }
    at: dict[int, list[tuple[int, str, Any]]] = {}
    for engine, kind, window, time_ms in calls.made:
        at.setdefault(time_ms, []).append((engine, kind, window))
    opened = {e: open_of[k]() for e, k in {(e, k) for e, k, _, _ in calls.made}}
    times = np.array(sorted(at))
    called = decoding = 0.0
    began = time.perf_counter()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        frames = container.decode(stream)
        while True:
            before = time.process_time()
            frame = next(frames, None)
            decoding += time.process_time() - before
            if frame is None:
                break
            near = int(np.abs(times - frame.time * 1000).argmin())
            if abs(times[near] - frame.time * 1000) > 2:
                continue
            before = time.process_time()
            rgb = frame.to_ndarray(format="rgb24")
            decoding += time.process_time() - before
            for engine, _, window in at[int(times[near])]:
                picture = engines.image(window.cut(rgb))
                before = time.process_time()
                opened[engine].detect_for_video(picture, int(times[near]))
                called += time.process_time() - before
    wall = time.perf_counter() - began
    for engine in opened.values():
        engine.close()
    return wall, called, decoding

"""Feed thousands of bad recordings to check, decoding and (a sample) the whole analysis: `make bad-media`.

Each file goes to a worker process that is timed from outside. What counts: a named error, a reading with its gaps
marked, or a plain reading. What must not be: another exception, a crash, a hang, a bound of time or memory passed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import report
from bad_media_corpus import clean, corpus

TIME_BOUND_S = 120.0
MEMORY_BOUND_MB = 4096.0
CHECK_EVERY, ANALYZE_EVERY = 5, 50


@dataclass(frozen=True)
class Verdict:
    """How one file went: `end` is read, gaps, error, fault, crash or hang; `text` is what was said."""

    what: str
    end: str
    text: str
    seconds: float
    memory_mb: float = 0.0


class Reader:
    """A worker that reads files until one kills it; then a new one takes its place."""

    def __init__(self) -> None:
        self._context = mp.get_context("spawn")
        self._worker: Any = None

    def read(self, what: str, path: Path, *, also: str = "") -> Verdict:
        """Look at a file in a child, decode it to the end and, as `also` says, `check` or `analyze` it."""
        if self._worker is None:
            self._pipe, far = self._context.Pipe()
            self._worker = self._context.Process(target=_work, args=(far,), daemon=False)
            self._worker.start()
            far.close()
        started = time.monotonic()
        self._pipe.send((str(path), also))
        try:
            if not self._pipe.poll(TIME_BOUND_S):
                self._worker.kill()
                self._worker.join()
                self._worker = None
                return Verdict(what, "hang", "", time.monotonic() - started)
            end, text, memory = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._worker.join()
            text, self._worker = f"exit code {self._worker.exitcode}", None
            return Verdict(what, "crash", text, time.monotonic() - started)
        return Verdict(what, end, text, time.monotonic() - started, memory)

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._pipe.send(None)
            self._worker.join()


def _work(pipe: Any) -> None:
    """Read files named on the pipe; answer (end, text, MB of memory at most so far, own and children's)."""
    from cuetrack.people.engines import hush

    hush()
    while (order := pipe.recv()) is not None:
        end, text = _read(Path(order[0]), order[1])
        pipe.send((end, text, _memory_mb()))


def _read(path: Path, also: str) -> tuple[str, str]:
    import traceback

    from cuetrack.check import check
    from cuetrack.errors import CuetrackError
    from cuetrack.media.audio import read_sound
    from cuetrack.media.frames import FrameReader
    from cuetrack.media.guarded import tried
    from cuetrack.pipeline import analyze

    try:
        info = tried(path)
        if also:
            check(path)
        odd = list(info.warnings)
        if info.video:
            reader = FrameReader(path, {"all": 15})
            for frame in reader:
                _ = frame.luma
            odd += [*reader.warnings, *map(str, reader.gaps)]
        for track in range(len(info.audio)):
            last = None
            for block in read_sound(path, track=track):
                odd += [f"gap at {last:.2f} s"] if last is not None and block.time_s - last > 0.02 else []
                last = block.time_s + block.samples.shape[1] / 16_000
        if also == "analyze":
            with tempfile.TemporaryDirectory() as place:
                analyze(path, out=Path(place) / "x.cue")
    except CuetrackError as error:
        return "error", f"{type(error).__name__}: {error}"
    except Exception:
        return "fault", traceback.format_exc()
    return ("gaps", "; ".join(odd)) if odd else ("read", "")


def _memory_mb() -> float:
    import resource

    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return most / 1024


def feed(n: int, seed: int, first: int = 0) -> list[Verdict]:
    """Read files `first` to `n` of the corpus."""
    folder = Path(tempfile.mkdtemp(prefix="bad-media-"))
    reader = Reader()
    verdicts = []
    try:
        for number, (what, path) in enumerate(corpus(folder, n, seed, first), first):
            also = "analyze" if number % ANALYZE_EVERY == 0 else "check" if number % CHECK_EVERY == 0 else ""
            verdict = reader.read(what, path, also=also)
            verdicts.append(verdict)
            if verdict.end in ("fault", "crash", "hang"):
                print(f"{number} {verdict.what}: {verdict.end} {verdict.text}", flush=True)
                kept = Path(tempfile.gettempdir()) / "bad-media-found"
                kept.mkdir(exist_ok=True)
                shutil.copy(path, kept / f"{number}-{path.name}")
    finally:
        reader.close()
        clean(folder)
    return verdicts


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--files", type=int, default=2100)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--first", type=int, default=0)
    words.add_argument("--kept", type=Path, help="JSON lines to add to, for a run in slices; all of it is published")
    chosen = words.parse_args()
    verdicts = feed(chosen.files, chosen.seed, chosen.first)
    if chosen.kept:
        with chosen.kept.open("a") as lines:
            lines.writelines(json.dumps(asdict(v)) + "\n" for v in verdicts)
        verdicts = [Verdict(**json.loads(line)) for line in chosen.kept.read_text().splitlines()]
    ends = Counter(v.end for v in verdicts)
    print(dict(ends), "slowest", sorted(((round(v.seconds, 1), v.what) for v in verdicts), reverse=True)[:5],
          "memory", max(v.memory_mb for v in verdicts))  # fmt: skip
    publish(verdicts, ends)


def publish(verdicts: list[Verdict], ends: Counter[str]) -> None:
    n = len(verdicts)
    seconds = sorted(v.seconds for v in verdicts)
    bad = [
        report.row(f"files that ended in {words}", ends[end], target="0", n=n)
        for end, words in (("crash", "a crash"), ("hang", "a hang"), ("fault", "an exception without a name"))
    ]
    good = [
        report.row(f"files that ended in {words}", ends[end], n=n)
        for end, words in (
            ("error", "a named error"),
            ("gaps", "a reading with its gaps and oddities marked"),
            ("read", "a plain reading"),
        )
    ]
    bounds = [
        report.row("slowest file", seconds[-1], unit="s", target=f"≤ {TIME_BOUND_S:.0f}", n=n),
        report.row("time of a file, median", seconds[n // 2], unit="s", n=n),
        report.row(
            "most memory of a process",
            max(v.memory_mb for v in verdicts),
            unit="MB",
            target=f"≤ {MEMORY_BOUND_MB:.0f}",
            n=n,
        ),
        report.row("files checked", len(range(0, n, CHECK_EVERY))),
        report.row("files analysed whole", len(range(0, n, ANALYZE_EVERY))),
    ]
    report.write(
        "bad-media",
        "Bad recordings",
        "Small recordings of fourteen kinds (mp4, mkv, mov, webm, avi, ts, flv, wav, flac, mp3, m4a, ogg) were damaged "
        "or written wrongly: bits flipped, cut, spliced, shuffled, absurd times, no frame, 1 by 1 px to 16K, hours of "
        "sound beside a minute of picture, 65,535 channels, samples that are no numbers, megabytes of tags. Each was "
        "looked at in a child process and decoded to its end; every fifth was checked, every fiftieth analysed whole.",
        [*bad, *good, *bounds],
        "make bad-media",
        results="bad_media",
    )


if __name__ == "__main__":
    main()

"""Feed thousands of bad recordings to check, decoding and (a sample) the whole analysis: `make bad-media`.

Each file goes to a worker process that is timed from outside. What counts: a named error, a reading with its gaps
marked, or a plain reading. What must not be: another exception, a crash, a hang, a bound of time or memory passed.
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import report
from bad_media_corpus import clean, corpus

TIME_BOUND_S = 120.0
MEMORY_BOUND_MB = 4096.0


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

    def read(self, what: str, path: Path, *, whole: bool = False) -> Verdict:
        """Check a file, decode it to the end and, if `whole`, analyse it."""
        if self._worker is None:
            self._pipe, far = self._context.Pipe()
            self._worker = self._context.Process(target=_work, args=(far,), daemon=False)
            self._worker.start()
            far.close()
        started = time.monotonic()
        self._pipe.send((str(path), whole))
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


def _read(path: Path, whole: bool) -> tuple[str, str]:
    import traceback

    from cuetrack.check import check
    from cuetrack.errors import CuetrackError
    from cuetrack.media.audio import read_sound
    from cuetrack.media.frames import FrameReader
    from cuetrack.media.probe import probe
    from cuetrack.pipeline import analyze

    try:
        check(path)
        info = probe(path)
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
        if whole:
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


def feed(n: int, seed: int, whole_every: int, first: int = 0) -> list[Verdict]:
    """Read files `first` to `n` of the corpus; every so-manieth is analysed whole."""
    folder = Path(tempfile.mkdtemp(prefix="bad-media-"))
    reader = Reader()
    verdicts = []
    try:
        for number, (what, path) in enumerate(corpus(folder, n, seed)):
            if number < first:
                continue
            whole = whole_every > 0 and number % whole_every == 0
            verdict = reader.read(what, path, whole=whole)
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
    words.add_argument("--files", type=int, default=2400)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--first", type=int, default=0)
    words.add_argument("--whole-every", type=int, default=20)
    words.add_argument("--dry", action="store_true", help="print only")
    chosen = words.parse_args()
    verdicts = feed(chosen.files, chosen.seed, chosen.whole_every, chosen.first)
    ends = Counter(v.end for v in verdicts)
    print(dict(ends), "slowest", sorted(((round(v.seconds, 1), v.what) for v in verdicts), reverse=True)[:5],
          "memory", max(v.memory_mb for v in verdicts))  # fmt: skip
    if not chosen.dry:
        publish(verdicts, ends, chosen.whole_every)


def publish(verdicts: list[Verdict], ends: Counter[str], whole_every: int) -> None:
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
        report.row("files analysed whole", len(range(0, n, whole_every)) if whole_every else 0),
    ]
    report.write(
        "bad-media",
        "Bad recordings",
        "Small recordings of fourteen kinds (mp4, mkv, mov, webm, avi, ts, flv, wav, flac, mp3, m4a, ogg) were damaged "
        "or written wrongly: bits flipped, cut, spliced, shuffled, absurd times, no frame, 1 by 1 px to 16K, hours of "
        "sound beside a minute of picture, 65,535 channels, samples that are no numbers, megabytes of tags. Each was "
        "checked, decoded to its end and, every so often, analysed whole.",
        [*bad, *good, *bounds],
        "make bad-media",
        results="bad_media",
    )


if __name__ == "__main__":
    main()

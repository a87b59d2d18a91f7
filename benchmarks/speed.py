"""How fast a recording is measured, as ratios against floors taken in the same run; writes docs/benchmarks.md.

python benchmarks/speed.py                       all but memory: about 20 minutes on two quiet cores
python benchmarks/speed.py --only video sound    some of it; rows of the last run are kept for the rest
python benchmarks/speed.py --only memory         peak memory over 5, 20 and 60 minutes: 30 minutes more, on any machine
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import speed_video
from report import ROOT, earlier, measured, row, write
from speed_recording import MEDIA, repeated

from cuetrack.processes import resident_bytes

INTRO = """The recording: the four-minute demo script, two people rendered at 1280x720 and 30 frames a second with a
channel of sound each, repeated without encoding again. Walls depend on what else the machine does, ratios
taken in one run less so.

`video_over_bare`: wall of the video stage over that of one thread that decodes and makes the same MediaPipe
calls on the same crops of the same frames with the models as they are downloaded, taken in turn; that loop
draws the mask of the person that cuetrack leaves out. `video_over_floor`: the same wall over the processor
seconds of the bare MediaPipe calls without the mask and of decoding, divided by the cores. The calls hold
more than the models: picture conversion and Python."""
LOOK_S = 0.1
PARTS = ("start", "sound", "moments", "video", "whole")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", nargs="+", choices=(*PARTS, "memory"), default=PARTS)
    asked.add_argument("--minutes", type=float, default=10.0, help="length of the recording for the whole analysis")
    asked.add_argument(
        "--video-seconds", type=float, default=120.0, help="length that pipeline and bare loop take in turn"
    )
    asked.add_argument("--lengths", nargs="+", type=int, default=(5, 20, 60), help="minutes, for memory")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--opensmile", metavar="PYTHON", help="an interpreter that has opensmile, to be timed beside")
    given = asked.parse_args()
    measures: dict[str, Callable[[], list[dict]]] = {
        "start": start, "sound": lambda: sound(given.opensmile), "moments": moments,
        "video": lambda: speed_video.rows(given.video_seconds, given.rounds), "whole": lambda: whole(given.minutes),
        "memory": lambda: memory(given.lengths),
    }  # fmt: skip
    kept = earlier("speed")
    for name in given.only:
        found = measured(name.capitalize(), measures[name])
        for r in found:
            print(r["measure"], r["value"], r["unit"], r["note"] or "", flush=True)
        kept = [r for r in kept if r.get("section") != name.capitalize()] + found
        write("benchmarks", "Speed", INTRO, kept, "make speed", results="speed", after=BESIDE)


def start() -> list[dict]:
    """How long until the package is there, and until the command line says how it is used."""
    runs = {
        "import_s": ([sys.executable, "-c", "import cuetrack"], "≤ .3"),
        "help_s": ([sys.executable, "-m", "cuetrack.cli", "--help"], "≤ .5"),
        "python_s": ([sys.executable, "-c", "pass"], ""),
    }
    rows = []
    for name, (command, target) in runs.items():
        took = [timed(command) for _ in range(9)]
        note = "an interpreter that does nothing" if name == "python_s" else "median of 9, a process of its own"
        rows.append(row(name, statistics.median(took), unit="s", target=target, n=9, note=note))
    return rows


def timed(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - began


def sound(opensmile: str | None) -> list[dict]:
    """Every voice and turn cue on one core, a channel per person; beside it openSMILE's low-level descriptors."""
    code = (
        "import sys, time; from cuetrack import analyze; from pathlib import Path\n"
        "began = time.process_time(); session = analyze(sys.argv[1], people={'therapist': 'left', 'client': 'right'}, "
        "out=sys.argv[2]); spent = session.folder.last_run()['seconds']\n"
        "print(session.duration_s, time.process_time() - began, spent['sound'] + spent['cues'])"
    )
    path = repeated(5.0, sound_only=True)
    with tempfile.TemporaryDirectory() as folder:
        length, whole_s, cues_s = on_one_core([sys.executable, "-c", code, str(path), str(Path(folder) / "sound.cue")])
    note = "5 minutes, two voices: stages sound and cues on one core, libraries loaded on the way included"
    rows = [row("audio_times_real_time", length / cues_s, unit="x", target="≥ 30", n=1, note=note)]
    note = "the same for a second of one person's channel"
    rows.append(row("audio_channel_times_real_time", 2 * length / cues_s, unit="x", n=1, note=note))
    note = "the whole analysis of that file, moments and report in, processor seconds"
    rows.append(row("audio_whole_times_real_time", length / whole_s, unit="x", n=1, note=note))
    with tempfile.TemporaryDirectory() as folder:
        return rows + voices(path, Path(folder) / "sound.wav", opensmile)


def voices(path: Path, wav: Path, opensmile: str | None, rounds: int = 3) -> list[dict]:
    """Time who speaks and every voice measure on sound in memory, libraries loaded, in turn with openSMILE on the same.

    openSMILE takes a channel after the other. Processor seconds on one core, median of the rounds.
    """
    import soundfile

    from cuetrack.media.audio import load_sound

    loaded = load_sound(path)
    soundfile.write(wav, loaded.samples.T, loaded.rate_hz)
    ours = (
        "import sys, time, soundfile\n"
        "from cuetrack.people.channels import hear_channels\n"
        "sound, rate = soundfile.read(sys.argv[1], dtype='int16')\n"
        "def hear(part): return hear_channels({'a': part[:, 0], 'b': part[:, 1]}, {'a': 0.0, 'b': 0.0})\n"
        "hear(sound[: 10 * rate]); began = time.process_time(); hear(sound)\n"
        "print(2 * len(sound) / rate / (time.process_time() - began))"
    )
    theirs = (
        "import sys, time, opensmile, audiofile\n"
        "smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors)\n"
        "sound, rate = audiofile.read(sys.argv[1])\n"
        "smile.process_signal(sound[0, : 10 * rate], rate); began = time.process_time()\n"
        "for channel in sound: smile.process_signal(channel, rate)\n"
        "print(2 * sound.shape[1] / rate / (time.process_time() - began))"
    )
    note = "who speaks and every voice measure, sound in memory, libraries loaded; a second of one channel"
    asked = {"voice_channel_times_real_time": (sys.executable, ours, note)}
    if opensmile:
        note = "Python package opensmile 2.6, eGeMAPSv02 low-level descriptors, in turn with the row above"
        asked["opensmile_channel_times_real_time"] = (opensmile, theirs, note)
    found: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, (python, code, _) in asked.items():
            found[name] += on_one_core([python, "-c", code, str(wav)])
    return [
        row(
            name,
            statistics.median(v),
            unit="x",
            interval=(min(v), max(v)),
            n=rounds,
            note=asked[name][2] + "; interval: range",
        )
        for name, v in found.items()
    ]


def on_one_core(command: list[str]) -> list[float]:
    """Run a command on one core and return the numbers it prints last."""
    bound = ["taskset", "-c", "0", *command] if sys.platform.startswith("linux") else command
    told = subprocess.run(bound, check=True, capture_output=True, text=True).stdout
    return [float(v) for v in told.splitlines()[-1].split()]


def moments() -> list[dict]:
    """Rank the moments of a 50-minute session against 200 surrogates."""
    from cuetrack.moments import find_moments
    from cuetrack.simulate.signals import simulate_session
    from cuetrack.simulate.signals_plan import suite

    took = []
    for plan in suite(6, half="development")[:3]:
        session = simulate_session(plan)
        began = time.process_time()
        find_moments(session.cues, session.spans, session.people, duration_s=session.duration_s, surrogates=200)
        took.append(time.process_time() - began)
    return [row("moments_s", statistics.median(took), unit="s", target="≤ 10", n=len(took), note="processor seconds")]


def whole(minutes: float) -> list[dict]:
    """Analyse the whole recording, as a user does, at the usual rates and fast."""
    path = repeated(minutes)
    rows = []
    for name, target, words in (
        ("times_real_time_default", "≥ 3.0", []), ("times_real_time_fast", "≥ 6", ["--fast"]),
    ):  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "speed.cue"
            wall, processor, rss = analysed(path, out, words)
            disk = sum(p.stat().st_size for p in out.rglob("*") if p.is_file())
        note = f"{minutes:g} minutes, everything in; {processor / (minutes * 60):.2f} processor seconds a second"
        rows.append(row(name, minutes * 60 / wall, unit="x", target=target, n=1, note=note))
        if not words:
            rows.append(row("peak_rss_gb", rss, unit="GB", target="≤ .8", n=1, note=f"{minutes:g} minutes"))
            mb = disk / 1e6 / (minutes / 60)
            rows.append(row("disk_mb_per_h", mb, unit="MB/h", n=1, note="session folder, tracks included"))
    return rows


def memory(lengths_min: Sequence[int]) -> list[dict]:
    """Peak memory over the length of the recording."""
    peak = {}
    for minutes in lengths_min:
        with tempfile.TemporaryDirectory() as folder:
            peak[minutes] = analysed(repeated(minutes), Path(folder) / "speed.cue", [])[2]
        print(f"{minutes} minutes: {peak[minutes]:.3f} GB", flush=True)
    rows = [row(f"peak_rss_{m}_min_gb", value, unit="GB", n=1) for m, value in peak.items()]
    longest, shortest = max(peak), min(peak)
    return [*rows, row(f"rss_{longest}_over_{shortest}", peak[longest] / peak[shortest], target="≤ 1.05", n=1)]


def analysed(path: Path, out: Path, words: list[str]) -> tuple[float, float, float]:
    """Analyse as a user does; return wall and processor seconds, and the most memory all its processes held, in GB."""
    command = [sys.executable, "-m", "cuetrack.cli", "analyze", str(path), "--people", "therapist=left,client=right",
               "--out", str(out), "--quiet", *words]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    most = 0.0
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        while running.poll() is None:
            most = max(most, resident_bytes(running.pid))
            time.sleep(LOOK_S)
    wall = time.perf_counter() - began
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, processor, most / 1e9


BESIDE = """## Beside others

One face at every frame of a 640x360 clip: OpenWillis 3.2 read 25 frames a processor second for
expressivity, MediaPipe's FaceLandmarker alone 90. Those were taken on another machine (two cores of an AMD
EPYC, November 2026); `face_frames_per_cpu_s` above is this machine's, with everything the video stage does
for two people: face, body, chest, motion, light and identity.

openSMILE's low-level descriptors were timed in turn with ours on the same sound where
`opensmile_channel_times_real_time` is given (`speed.py --only sound --opensmile PYTHON`); compare it with
`voice_channel_times_real_time`. It tells no speakers, laughs or syllables, which that row holds; it gives formants,
mel-frequency cepstra, spectral slopes and flux, which cuetrack does not. It looks at every window, cuetrack leaves
out for pitch and voice quality what is background alone."""


if __name__ == "__main__":
    MEDIA.mkdir(parents=True, exist_ok=True)
    main()

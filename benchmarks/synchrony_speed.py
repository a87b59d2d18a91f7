"""How long synchrony takes: 50 min at 25 Hz, lag ±5 s, windows 30/5 s, 200 surrogates, one core.

multiSyncPy (LGPL) is compared where a Python that has it is named by MULTISYNCPY_PYTHON; it pulls plotting packages
that cuetrack does not want in its own environment.
"""

import json
import os
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import report

from cuetrack.synchrony import against_surrogates, rmea_prepare, susy, windowed_cross_correlation

MINUTES, HZ = 50, 25
SETTINGS = {"rate_hz": HZ, "lag_s": 5, "window_s": 30, "step_s": 5}
REPEATS = 5
MULTISYNCPY = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
from multiSyncPy import synchrony_metrics as sm
data = np.load(sys.argv[1])
work = {
    "coherence": lambda: sm.apply_windowed(data, sm.coherence_team, 750, 125),
    "csd": lambda: sm.apply_windowed(data, sm.sum_normalized_csd, 750, 125),
    "sync_index": lambda: sm.apply_windowed(
        data, sm.metric_fixed_parameters(sm.get_sync_index, {"lag_length": 125}), 750, 125
    ),
}
took = {}
for name, run in work.items():
    start = time.process_time()
    try:
        windows = len(run())
        took[name] = (time.process_time() - start, windows)
    except Exception as error:
        took[name] = (repr(error)[:120], 0)
print(json.dumps(took))
"""


def two_series() -> np.ndarray:
    """Return two smooth, skewed series as motion energy is, the second following the first a little."""
    rng = np.random.default_rng(0)
    kernel = np.hanning(25)
    own = [np.convolve(rng.standard_normal(MINUTES * 60 * HZ), kernel, "same") for _ in range(2)]
    return np.exp(np.stack([own[0], own[1] + 0.3 * np.roll(own[0], 25)]) / 4)


def seconds(work) -> tuple[float, list[float]]:
    """Return the median CPU seconds of repeated runs and the whole range."""
    took = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return float(np.median(took)), [min(took), max(took)]


def row(measure, work, *, windows, target=None, note=""):
    median, extent = seconds(work)
    print(f"{measure}: {median:.3f} s", flush=True)
    return [
        {
            "measure": measure,
            "value": median,
            "unit": "s",
            "target": target,
            "interval": extent,
            "n": REPEATS,
            "note": note,
        },
        {
            "measure": f"{measure}, per window",
            "value": 1e6 * median / windows,
            "unit": "µs",
            "target": None,
            "interval": [1e6 * t / windows for t in extent],
            "n": REPEATS,
            "note": f"{windows} windows",
        },
    ]


def plain_loop(a, b):
    """Correlate as a plain program does: every window and lag by numpy's own function; a tenth of the session."""
    win, lag, step = 750, 125, 125
    return [
        np.corrcoef(a[s + max(0, -k) :][:win], b[s + max(0, k) :][:win])[0, 1]
        for s in range(0, len(a) - win - lag + 1, step)
        for k in range(-lag, lag + 1)
    ]


def multisyncpy(series) -> list[dict]:
    """Return rows for multiSyncPy's nearest windowed measures, none where it is not there."""
    python = os.environ.get("MULTISYNCPY_PYTHON")
    if not python:
        return []
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "synchrony_speed.npy")
    np.save(path, series)
    result = subprocess.run([python, "-c", MULTISYNCPY, path], capture_output=True, text=True, check=True)
    rows = []
    for name, (took, windows) in json.loads(result.stdout.splitlines()[-1]).items():
        print(f"multiSyncPy {name}: {took}", flush=True)
        rows.append(
            {
                "measure": f"multiSyncPy 0.1.2 {name}, windows 30/5 s, no surrogates",
                "value": took if windows else float("nan"),
                "unit": "s",
                "target": None,
                "interval": None,
                "n": 1,
                "note": f"{windows} windows; its own measure, not a correlation by lag" if windows else str(took),
            }
        )
    return rows


def main() -> None:
    a, b = series = two_series()
    gaps = b.copy()
    gaps[10_000:20_000] = np.nan
    windows = len(windowed_cross_correlation(a, b, **SETTINGS).time_s)
    tenth = a[: len(a) // 10], b[: len(b) // 10]
    tenth_windows = len(windowed_cross_correlation(*tenth, **SETTINGS).time_s)
    rows = [
        *row(
            "one lag map, rMEA's definition",
            lambda: windowed_cross_correlation(a, b, **SETTINGS),
            windows=windows,
        ),
        *row(
            "one lag map with gaps in one series",
            lambda: windowed_cross_correlation(a, gaps, **SETTINGS),
            windows=windows,
        ),
        *row(
            "lag map and 200 shifted surrogates",
            lambda: against_surrogates(a, b, **SETTINGS),
            windows=windows * 201,
            target="≤ 10 s",
        ),
        *row(
            "lag map and 200 phase-randomised surrogates",
            lambda: against_surrogates(a, b, kind="phase", **SETTINGS),
            windows=windows * 201,
            target="≤ 10 s",
        ),
        *row(
            "lag map with gaps and 200 shifted surrogates",
            lambda: against_surrogates(a, gaps, **SETTINGS),
            windows=windows * 201,
            target="≤ 10 s",
        ),
        *row(
            "SUSY, 100 segments of 30 s, all permutations",
            lambda: susy(a, b, rate_hz=HZ, segment_s=30, max_lag_s=5),
            windows=10_000,
            note="a window is a segment pair",
        ),
        *row("rMEA's preparation of one series", lambda: rmea_prepare(a, rate_hz=HZ), windows=1),
        *row("plain numpy loop over windows and lags, 5 min", lambda: plain_loop(*tenth), windows=tenth_windows),
        *multisyncpy(series),
    ]
    report.write(
        "synchrony_speed",
        "Speed of synchrony",
        f"CPU time of one process on one core (OMP_NUM_THREADS=1), median of {REPEATS} runs with their range, "
        f"for two series of {MINUTES} minutes at {HZ} Hz, lags to ±5 s (251 lags), windows of 30 s every 5 s "
        f"({windows} windows). rMEA and SUSY are R programs and R was not to be had on this host, so they are "
        "not timed; the plain numpy loop does rMEA's arithmetic window by window. multiSyncPy has no windowed "
        "cross-lagged correlation: its rows time its own pairwise measures in the same windows, without surrogates.",
        rows,
        " ".join(["python", *sys.argv]),
    )


if __name__ == "__main__":
    main()

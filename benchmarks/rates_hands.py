"""How well hand motion is told at each rate: wrists on known paths, given to the cue as pose landmarks are.

python benchmarks/rates_hands.py

The rendered people of `rates.py` do not move their hands, so this is of the cue alone.
"""

import sys

import numpy as np
from report import row, write

from cuetrack.cues.gesture import gesture
from cuetrack.people.tracks import BodyTrack

RATES_HZ = (30.0, 15.0, 12.5, 7.5, 6.25, 5.0, 3.75, 2.5)
"""Bodies a second; the default is 7.5 of 30 pictures a second and 6.25 of 25, `--fast` looks 2.5 times."""
WINDOWS_S = (1.0, 20.0)
SEEDS = 20
_FINE_HZ = 240
_SHOULDERS_PX = 240.0
_NOISE_PX = 2.0  # of a landmark in a 1280 px wide picture
_SIZE_PX = (640, 720)


def main() -> None:
    rows = []
    for window_s in WINDOWS_S:
        for hz in RATES_HZ:
            found = [hand_motion_r(hz, seed, window_s=window_s) for seed in range(SEEDS)]
            rows.append({
                **row(f"hand_motion_r_at_{hz:g}", float(np.mean(found)), n=SEEDS, interval=(min(found), max(found)),
                      note="interval: range"),
                "section": f"Means of {window_s:g} s",
            })  # fmt: skip
    write(
        "rates-hands",
        "Hand motion against rate",
        "Correlation of `gesture.hand_motion_sw_per_s` with the truth, where the body is looked at so many times a "
        "second. Simulated wrists, five minutes each: strokes of 1 to 3 Hz and .05 to .5 shoulder widths in bursts, "
        "seldom or often, with 2 px of noise. The cue alone: what the pose model smooths or misses is not in it.",
        rows,
        " ".join(["python", *sys.argv]),
        results="rates_hands",
    )


def hand_motion_r(body_hz: float, seed: int, *, seconds: float = 300.0, window_s: float) -> float:
    """Return the correlation of hand motion with the truth, both averaged over windows.

    Hands rest, or make strokes of 1 to 3 Hz and .05 to .5 shoulder widths, in bursts of 1 to 6 s, seldom or often for
    half a minute at a time.
    """
    fine_s = np.arange(0, seconds, 1 / _FINE_HZ)
    wrists = np.stack([_path(fine_s, np.random.default_rng([seed, side])) for side in (0, 1)], axis=1)
    pace = np.hypot(*np.moveaxis(np.diff(wrists, axis=0), 2, 0)).mean(axis=1) * _FINE_HZ / _SHOULDERS_PX
    at = np.round(np.arange(0, len(fine_s) - 1, _FINE_HZ / body_hz)).astype(int)
    samples, _ = gesture(_body(fine_s[at], wrists[at], np.random.default_rng(seed)), hand_hz=0.0)
    measured = samples["hand_motion_sw_per_s"].to_numpy(np.float64)
    return float(np.corrcoef(_means(fine_s[at], measured, window_s), _means(fine_s[1:], pace, window_s))[0, 1])


def _path(time_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one wrist's path (n, 2) in px."""
    size = np.zeros(len(time_s))
    hz = np.ones(len(time_s))
    start = 0.0
    while start < time_s[-1]:
        lively = np.sin(2 * np.pi * start / 60.0 + rng.uniform(-0.5, 0.5)) > 0
        burst, pause = rng.uniform(1, 6), rng.uniform(0.5, 2) if lively else rng.uniform(3, 12)
        now = (time_s >= start) & (time_s < start + burst)
        size[now] = rng.uniform(0.05, 0.5) * np.sin(np.pi * (time_s[now] - start) / burst)
        hz[now] = rng.uniform(1, 3)
        start += burst + pause
    turn = 2 * np.pi * np.cumsum(hz) / _FINE_HZ
    across, down = size * np.sin(turn), 0.6 * size * np.sin(2 * turn + 1)
    return np.array([320.0, 500.0]) + _SHOULDERS_PX / 2 * np.stack([across, down], axis=1)


def _body(time_s: np.ndarray, wrists: np.ndarray, rng: np.random.Generator) -> BodyTrack:
    points = np.zeros((len(time_s), 33, 3), np.float32)
    points[:, :, :2] = (320, 300)
    points[:, 11, :2], points[:, 12, :2] = (320 + _SHOULDERS_PX / 2, 400), (320 - _SHOULDERS_PX / 2, 400)
    points[:, 15, :2], points[:, 16, :2] = wrists[:, 0], wrists[:, 1]
    points[:, :, :2] += _NOISE_PX * rng.standard_normal((len(time_s), 33, 2))
    sure = np.full((len(time_s), 33), 0.95, np.float32)
    return BodyTrack("one", time_s, points, np.zeros_like(points), sure, np.ones(len(time_s)), _SIZE_PX)


def _means(time_s: np.ndarray, values: np.ndarray, window_s: float) -> np.ndarray:
    place = (time_s // window_s).astype(int)
    return np.bincount(place, np.nan_to_num(values)) / np.bincount(place)


if __name__ == "__main__":
    main()

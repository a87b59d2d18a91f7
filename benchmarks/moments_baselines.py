"""What the detector must beat: pauses alone, one change-point search over the mean of all cues, and random clips.

Each gives candidates in the detector's own form: rank, start_s, peak_s, score, at most 8 an hour, 40 s apart.
"""

from itertools import pairwise

import numpy as np
import pandas as pd

PER_HOUR = 8
APART_S = 40.0
WINDOW_S = 60.0
CLIP_S = 45.0


def random_clips(session, seed: int) -> pd.DataFrame:
    """Return clips at random times with random scores."""
    rng = np.random.default_rng(seed)
    seconds = int(session.duration_s)
    return _candidates(rng.random(seconds), session.duration_s)


def pauses(session, seed: int) -> pd.DataFrame:
    """Return where pauses pile up, within a minute: the literature's best single channel.

    Pauses between two turns of the therapist (T-pause-T), how late the client answers, and the share of silence, as
    robust z; the strongest of several ways tried. It is told who is who; the detector is not.
    """
    seconds = int(session.duration_s)
    if "turns" not in session.spans:
        return _candidates(np.full(seconds, -np.inf), session.duration_s)
    found = session.spans["turns"]
    rows = found[found["label"] == "pause"]
    start, end = rows["start_s"].to_numpy(), rows["end_s"].to_numpy()
    before, after = rows["person"].to_numpy(), rows["toward"].to_numpy()
    second = np.minimum(start.astype(int), seconds - 1)
    silence, repeats, late, answers = np.zeros((4, seconds))
    for a, b in zip(start, end, strict=True):
        silence[int(a) : int(np.ceil(b))] += (b - a) / max(int(np.ceil(b)) - int(a), 1)
    alone = (before == "therapist") & (after == "therapist") & (end - start >= 1.0)
    np.add.at(repeats, second[alone], 1.0)
    answer = (before == "therapist") & (after == "client")
    np.add.at(late, second[answer], np.log(np.maximum(end - start, 0.05)[answer]))
    np.add.at(answers, second[answer], 1.0)
    latency = _around(late) / np.maximum(_around(answers), 1e-9) * (_around(answers) > 0)
    score = np.clip(_z(_around(repeats)), None, 5.0) + _z(latency) + 0.5 * _z(_around(silence))
    return _candidates(score, session.duration_s)


def change_points(session, seed: int) -> pd.DataFrame:
    """Return the largest steps of the mean of all cues, found by binary segmentation; a step is its own candidate."""
    import ruptures

    seconds = int(session.duration_s)
    grid = np.arange(seconds) + 0.5
    columns = []
    for table in session.cues.values():
        for _, rows in table.groupby("person", sort=False):
            time = rows["time_s"].to_numpy()
            for name in rows.columns.drop(["time_s", "person", "confidence"]):
                values = rows[name].to_numpy(float)
                kept = np.isfinite(values)
                if kept.sum() > 20:
                    columns.append(_z(_around(np.interp(grid, time[kept], values[kept]), 20.0)))
    mean = np.mean(np.abs(columns), axis=0)
    borders = ruptures.Binseg(model="l2", min_size=10, jump=2).fit(mean[:, None]).predict(n_bkps=40)
    score = np.full(seconds, -np.inf)
    edges = [0, *borders]
    levels = [float(mean[a:b].mean()) for a, b in pairwise(edges)]
    for before, after, at in zip(levels[:-1], levels[1:], borders[:-1], strict=True):
        score[min(at, seconds - 1)] = abs(after - before)
    return _candidates(score, session.duration_s, after_s=15.0)


BASELINES = {"pauses": pauses, "change_points": change_points, "random": random_clips}


def _around(values: np.ndarray, window_s: float = WINDOW_S) -> np.ndarray:
    width = int(window_s)
    weights = np.convolve(np.ones_like(values), np.ones(width), mode="same")
    return np.convolve(values, np.ones(width), mode="same") / weights


def _z(values: np.ndarray) -> np.ndarray:
    middle = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - middle)) or float(np.std(values)) or 1.0
    return (values - middle) / spread


def _candidates(score: np.ndarray, duration_s: float, after_s: float = 0.0) -> pd.DataFrame:
    """Return the best seconds of a score, kept apart; `after_s` moves the peak behind a border."""
    left = score.astype(float).copy()
    rows = []
    for rank in range(1, max(1, round(PER_HOUR * duration_s / 3600)) + 1):
        at = int(np.argmax(left))
        if not np.isfinite(left[at]):
            break
        start = float(at) if after_s else at - CLIP_S / 2
        rows.append({"rank": rank, "start_s": max(start, 0.0), "peak_s": at + after_s, "score": float(score[at])})
        left[max(int(at - APART_S), 0) : int(at + APART_S) + 1] = -np.inf
    return pd.DataFrame(rows, columns=["rank", "start_s", "peak_s", "score"])

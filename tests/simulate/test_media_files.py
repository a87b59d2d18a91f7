"""Recordings of scripts: whole, repeatable, safe to stop, and cached."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cuetrack.simulate import Script, cached, render, short_script
from cuetrack.simulate.media import paths_of


@pytest.fixture(scope="module")
def script() -> Script:
    short = short_script()
    return replace(short, duration_s=2.0, output=replace(short.output, fps=10.0))


def decoded(path: Path) -> tuple[list[float], np.ndarray, np.ndarray, int]:
    """Return frame times, the last frame, the sound (channels, n) and its rate."""
    import av

    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        times = [float(f.pts * f.time_base) for f in frames]
        picture = frames[-1].to_ndarray(format="rgb24")
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return times, picture, np.zeros((0, 0)), 0
        rate = container.streams.audio[0].rate
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
    return times, picture, sound, rate


def test_two_people_side_by_side_with_a_channel_each(script: Script, tmp_path: Path) -> None:
    seen: list[float] = []
    truth = render(script, tmp_path / "s.mp4", progress=seen.append, workers=2)
    times, picture, sound, rate = decoded(tmp_path / "s.mp4")
    assert times == pytest.approx(np.arange(20) / 10)
    assert picture.shape == (480, 1280, 3)
    assert sound.shape[0] == 2
    assert sound.shape[1] / rate == pytest.approx(2.0, abs=0.1)
    assert seen[-1] == 1.0
    assert seen == sorted(seen)
    suit = [picture[400:440, half : half + 640][:, 200:440].mean(axis=(0, 1)) for half in (0, 640)]
    assert suit[0][0] > suit[0][2]  # orange on the left
    assert suit[1][2] > suit[1][0]
    head = truth.samples["head"]
    assert set(head["person"]) == {"therapist", "client"}
    assert head["time_s"].iloc[:20].tolist() == pytest.approx(times)


def test_how_many_work_on_it_changes_nothing(script: Script, tmp_path: Path) -> None:
    for workers in (1, 3):
        render(script, tmp_path / f"{workers}.mp4", workers=workers)
    one, three = (decoded(tmp_path / f"{w}.mp4")[1].astype(float) for w in (1, 3))
    assert np.abs(one - three).mean() < 2  # stretches begin with a key frame of their own


@pytest.mark.parametrize(
    ("layout", "sound", "channels"), [("two_person", "mono", 1), ("file_per_person", "per_file", 1)]
)
def test_layouts(script: Script, tmp_path: Path, layout: str, sound: str, channels: int) -> None:
    render(script, tmp_path / "s.mp4", layout=layout, sound=sound)
    files = list(paths_of(script, tmp_path / "s.mp4").values()) if layout == "file_per_person" else [tmp_path / "s.mp4"]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    for file in files:
        _, picture, heard, _ = decoded(file)
        assert picture.shape[1] == (1280 if layout == "two_person" else 640)
        assert heard.shape[0] == channels


def test_other_sizes_keep_the_whole_person(script: Script, tmp_path: Path) -> None:
    short = replace(script, duration_s=1.0, output=replace(script.output, size=(640, 720), missing=("sound",)))
    render(short, tmp_path / "s.mp4")
    _, picture, sound, _ = decoded(tmp_path / "s.mp4")
    assert picture.shape == (720, 1280, 3)
    assert picture[:100].std() < 8
    assert sound.size == 0


def test_a_stopped_rendering_leaves_nothing(script: Script, tmp_path: Path) -> None:
    def stop(done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(script, tmp_path / "s.mp4", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_the_cache_renders_once(script: Script, tmp_path: Path) -> None:
    first = cached(script, folder=tmp_path)
    stamp = first.path.stat().st_mtime_ns
    seen: list[float] = []
    second = cached(script, folder=tmp_path, progress=seen.append)
    assert second.path == first.path
    assert second.path.stat().st_mtime_ns == stamp
    assert seen == []
    assert second.truth.samples["head"].equals(first.truth.samples["head"])
    other = cached(replace(script, seed=script.seed + 1), folder=tmp_path)
    assert other.path != first.path

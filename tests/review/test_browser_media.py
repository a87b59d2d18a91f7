"""Playing in a real browser: the right frame, files browsers cannot show, two files in step, pose and sound alone."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import BENCH, CLOCKS, READ, begin, until, use, wrong_seeks
from recordings import BITS, clicks, even_times, make_sound, make_video

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_seek_shows_the_frame_that_covers_the_time(
    clock: str, session: Path, tmp_path: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    times = CLOCKS[clock]()
    video = make_video(tmp_path / "numbered.mp4", times, gop=250, b_frames=3)
    page = page_of(serve(use(session, video, duration_s=times[-1])))
    begin(page)
    until(page, "document.querySelector('#screens video')?.readyState >= 2")
    assert wrong_seeks(page, times) == []
    for step, key in ((1, "."), (1, "."), (1, "."), (-1, ","), (-1, ",")):
        before = page.evaluate(READ, BITS)
        page.keyboard.press(key)
        until(page, f"!document.querySelector('#screens video').seeking && {BENCH}.player.frame === {before + step}")
        page.wait_for_timeout(40)
        assert page.evaluate(READ, BITS) == before + step


SOUND = clicks(2.0, [0.5, 1.0])
FILES: dict[str, tuple[str, dict[str, Any], bool]] = {
    "h264.mp4": ("libx264", {"sound": SOUND}, True),
    "vp9.webm": ("libvpx-vp9", {}, True),
    "h264.mkv": ("libx264", {"sound": SOUND}, False),
    "hevc.mp4": ("libx265", {"sound": SOUND}, False),
    "ac3.mp4": ("libx264", {"sound": clicks(2.0, [0.5], 48000), "sound_rate_hz": 48000, "sound_codec": "ac3"}, False),
    "mpeg4.avi": ("mpeg4", {}, False),
}


def test_what_a_browser_cannot_show_is_found_and_copied(
    written: Path, tmp_path: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    """The white list against this browser: what is served plays with picture and sound, at once or as a copy."""
    shelf = tmp_path / "sessions"
    for name, (codec, how, _) in FILES.items():
        video = make_video(tmp_path / name, even_times(50, 25.0), codec=codec, **how)
        use(Path(shutil.copytree(written, shelf / f"{name}.cue")), video, duration_s=2.0, name=name)
    served = serve(shelf)
    page = page_of(served)
    begin(page)
    for name, (_, how, direct) in FILES.items():
        page.goto(f"{served.home}/#/")
        page.locator(".card", has_text=name).click()
        until(page, f"{BENCH}?.session.name === '{name}' && {BENCH}.player.tracks.length === 1")
        until(page, "document.querySelector('#screens video')?.readyState >= 2")
        assert page.evaluate(f"{BENCH}.player.tracks[0].known.copy") is not direct, name
        page.keyboard.press(" ")
        until(page, f"{BENCH}.player.time > 0.5")
        assert page.evaluate("document.querySelector('#screens video').videoWidth") > 0, name
        if "sound" in how:
            assert page.evaluate("document.querySelector('#screens video').webkitAudioDecodedByteCount") > 0, name
        page.evaluate(f"{BENCH}.player.pause()")
        assert page.locator("#media-note").is_hidden(), name


def test_two_files_play_in_step(
    session: Path, tmp_path: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    first = make_video(tmp_path / "a.mp4", even_times(500, 25.0))
    second = make_video(tmp_path / "b.mp4", even_times(600, 30.0), sound=clicks(20.0, [2.0]))
    use(session, first, second, people=("therapist", "client"), duration_s=20.0)
    page = page_of(serve(session))
    begin(page)
    until(page, "[...document.querySelectorAll('#screens video')].filter((v) => v.readyState >= 2).length === 2")
    assert page.locator("figcaption").all_inner_texts() == ["therapist", "client"]
    page.evaluate(f"{BENCH}.player.seek(7.31)")
    page.wait_for_timeout(200)
    shown = page.evaluate(
        f"{BENCH}.player.tracks.map((t) => t.media.currentTime * (t.known.frames_s.length === 500 ? 25 : 30))"
    )
    assert [int(s) for s in shown] == [int(7.31 * 25), int(7.31 * 30)]
    for speed in ("0.5", "3"):
        page.locator("#speed").select_option(speed)
        page.locator("#speed").blur()
        page.evaluate(f"{BENCH}.player.play()")
        page.wait_for_timeout(900)
        first_s, second_s = page.evaluate("[...document.querySelectorAll('#screens video')].map((v) => v.currentTime)")
        assert abs(first_s - second_s) < 0.2
        page.evaluate(f"{BENCH}.player.pause()")


def test_sound_alone_shows_its_waveform(
    session: Path, tmp_path: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    sound = np.zeros((1, 16000 * 20), np.float32)
    sound[:, 16000 * 5 : 16000 * 15] = 0.5
    use(session, make_sound(tmp_path / "voices.wav", sound), duration_s=20.0)
    page = page_of(serve(session))
    begin(page)
    until(page, f"{BENCH}.screens.waveforms.length === 1")
    page.evaluate(f"{BENCH}.player.seek(10)")
    page.wait_for_timeout(100)
    blue = """() => {
      const seen = document.querySelector("canvas.wave");
      const canvas = Object.assign(document.createElement("canvas"), { width: seen.width, height: seen.height });
      canvas.getContext("2d", { willReadFrequently: true }).drawImage(seen, 0, 0);
      const row = canvas.getContext("2d").getImageData(0, Math.round(canvas.height * 0.3), canvas.width, 1).data;
      let first = -1, last = -1;
      for (let x = 0; x < canvas.width; x += 1) if (row[4 * x + 2] > 200) { if (first < 0) first = x; last = x; }
      return [first / canvas.width, last / canvas.width];
    }"""
    assert page.evaluate(blue) == pytest.approx([0.25, 0.75], abs=0.02)


def test_the_owner_can_show_points_only(
    analysed: Path, tmp_path: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    folder = Path(shutil.copytree(analysed, tmp_path / "042.cue"))
    toml = folder / "session.toml"
    toml.write_text(toml.read_text() + "\n[review]\npose_only = true\n")
    page = page_of(serve(folder))
    begin(page)
    until(page, f"{BENCH}.player.tracks.length === 1")
    assert page.locator("video").count() == 0
    assert page.locator("#pose-only").is_disabled()
    page.keyboard.press(" ")
    until(page, f"{BENCH}.player.time > 1")
    until(page, "document.querySelector('audio').webkitAudioDecodedByteCount > 0")
    lit = """() => {
      const seen = document.querySelector("canvas.pose");
      const canvas = Object.assign(document.createElement("canvas"), { width: seen.width, height: seen.height });
      canvas.getContext("2d", { willReadFrequently: true }).drawImage(seen, 0, 0);
      const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      let lit = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i] + data[i + 1] + data[i + 2] > 60) lit += 1;
      return lit / (data.length / 4);
    }"""
    until(page, f"({lit})() > 0.005")
    assert page.evaluate(lit) < 0.2  # points and lines on black, no picture

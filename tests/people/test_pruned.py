"""The pose models without their mask: the same landmarks as MediaPipe gives with the bundle as it is downloaded."""

import io
import zipfile

import numpy as np
import pytest

from cuetrack.people import engines, pruned, weights
from cuetrack.people.body import read_body
from cuetrack.people.boxes import Box

MODEL = "pose_landmarks_detector.tflite"
MASK, HEATMAPS, LANDMARKS = 2, 3, 0


def as_downloaded(name: str):
    tasks = engines.mediapipe().tasks
    options = tasks.vision.PoseLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=str(weights.find(name))),
        running_mode=tasks.vision.RunningMode.VIDEO,
    )
    return tasks.vision.PoseLandmarker.create_from_options(options)


@pytest.mark.parametrize("model", ["lite", "full"])
def test_the_landmarks_are_the_same_numbers(rendered, model: str):
    from cuetrack.media.frames import read_frames

    with as_downloaded(f"pose_landmarker_{model}.task") as stock, engines.pose_landmarker(model, video=True) as lean:
        seen = 0
        for frame in read_frames(rendered.path, rate_hz=5.0, end_s=4.0):
            window = Box(0, 0, frame.rgb.shape[1] // 2, frame.rgb.shape[0])
            expected, got = (read_body(e, frame.rgb, window, round(frame.time_s * 1000)) for e in (stock, lean))
            assert (expected is None) == (got is None)
            if expected is not None and got is not None:
                seen += 1
                for name in ("points_px", "world_m", "visibility"):
                    assert np.array_equal(getattr(expected, name), getattr(got, name))
    assert seen > 10


def test_only_what_the_mask_needs_is_left_out():
    bundle = weights.find("pose_landmarker_lite.task").read_bytes()
    lean = pruned.bundle_without_output(bundle, MODEL, MASK, HEATMAPS)
    with zipfile.ZipFile(io.BytesIO(bundle)) as before, zipfile.ZipFile(io.BytesIO(lean)) as after:
        assert before.namelist() == after.namelist()
        assert before.read("pose_detector.tflite") == after.read("pose_detector.tflite")
        model, made = before.read(MODEL), after.read(MODEL)
    assert len(model) == len(made)
    assert model != made
    assert pruned.without_output(made, MASK, HEATMAPS) == made
    assert pruned.without_output(model, LANDMARKS, LANDMARKS) == model  # nothing is only needed by what stays

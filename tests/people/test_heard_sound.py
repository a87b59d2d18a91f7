import numpy as np
import pytest
from spoken import RATE_HZ, VOWELS, formants, pulses, talk

from cuetrack.people.heard import load_sound_tracks, save_sound_tracks
from cuetrack.people.perturbation import jitter_shimmer
from cuetrack.people.sound import keep_rows, measure_sound
from cuetrack.people.tracks import SpeechTrack
from cuetrack.people.windows import BLOCK, row_count
from cuetrack.tables import spans


def noisy(wave, snr_db, seed=1):
    noise = np.random.default_rng(seed).normal(0, 1, len(wave))
    return (wave + noise * np.sqrt(np.mean(wave**2)) * 10 ** (-snr_db / 20)).astype(np.float32)


def vowel(f0_hz, seconds=1.5, jitter=0.0, shimmer=0.0):
    rng = np.random.default_rng(3)
    f0 = np.full(int(seconds * RATE_HZ), float(f0_hz))
    wave = formants(pulses(f0, rng, jitter=jitter, shimmer=shimmer), [VOWELS[0]] * 80)
    return 0.05 * wave / np.std(wave)


@pytest.mark.parametrize("f0_hz", [110, 210])
@pytest.mark.parametrize("snr_db", [40, 10])
def test_pitch_is_within_six_cents_in_noise(f0_hz, snr_db):
    wave, truth, _ = talk(5, f0_hz=f0_hz, seed=1, jitter=0, shimmer=0)
    f0, true = measure_sound("a", noisy(wave, snr_db)).f0_hz, truth[::160]
    both = np.isfinite(f0) & np.isfinite(true)
    cents = np.abs(1200 * np.log2(f0[both] / true[both]))
    assert np.median(cents) <= 6
    assert (cents > 315).mean() <= 0.005
    assert (np.isfinite(f0) != np.isfinite(true)).mean() <= 0.04


def test_a_very_quiet_voice_has_the_same_pitch():
    wave, _, _ = talk(3, f0_hz=140, seed=2)
    loud = measure_sound("a", wave.astype(np.float32)).f0_hz
    quiet = measure_sound("a", (wave * 10 ** (-40 / 20)).astype(np.float32)).f0_hz
    both = np.isfinite(loud) & np.isfinite(quiet)
    assert both.mean() > 0.6
    assert np.median(np.abs(np.log2(loud[both] / quiet[both]))) < 1e-3


@pytest.mark.parametrize("rate", [2, 4, 7])
def test_syllables_are_counted_from_two_to_seven_a_second(rate):
    wave, _, at = talk(5, f0_hz=120, seed=rate, syllables_per_s=rate)
    found = measure_sound("a", noisy(wave, 20)).syllable_s
    assert abs(len(found) - len(at)) / 5 <= 0.4


def test_level_is_that_of_the_signal():
    time = np.arange(RATE_HZ) / RATE_HZ
    tone = (0.1 * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
    level = measure_sound("a", tone).level_db[20:80]
    assert np.abs(level - 20 * np.log10(0.1 / np.sqrt(2))).max() < 0.1
    assert measure_sound("a", np.zeros(RATE_HZ, np.float32)).level_db.max() == -120


@pytest.mark.parametrize(("f0_hz", "jitter", "shimmer"), [(110, 0.0, 0.0), (110, 0.01, 0.05), (210, 0.0, 0.0)])
def test_voice_quality_agrees_with_praat(f0_hz, jitter, shimmer):
    parselmouth = pytest.importorskip("parselmouth")
    from parselmouth.praat import call

    wave = noisy(vowel(f0_hz, jitter=jitter, shimmer=shimmer), 25)
    ours, praat = measure_sound("a", wave), parselmouth.Sound(wave.astype(float), RATE_HZ)
    points = call(praat, "To PointProcess (periodic, cc)", 75, 500)
    assert np.nanmedian(ours.jitter) == pytest.approx(
        call(points, "Get jitter (local)", 0, 0, 1e-4, 0.02, 1.3), abs=0.002
    )
    assert np.nanmedian(ours.shimmer) == pytest.approx(
        call([praat, points], "Get shimmer (local)", 0, 0, 1e-4, 0.02, 1.3, 1.6), abs=0.015
    )
    harmonicity = praat.to_harmonicity_ac(0.01, 75, 0.1, 4.5).values
    assert np.nanmean(ours.hnr_db[10:-10]) == pytest.approx(harmonicity[harmonicity > -100].mean(), abs=1.0)
    cepstrum = call(praat, "To PowerCepstrogram", 60, 0.002, 5000, 50)
    smoothed = call(
        cepstrum, "Get CPPS", False, 0.02, 0.0005, 60, 330, 0.05, "Parabolic", 0.001, 0, "Straight", "Robust"
    )
    assert np.nanmean(ours.cpps_db[10:-10]) == pytest.approx(smoothed, abs=0.7)
    intensity = praat.to_intensity(100, 0.01)
    level = np.array([intensity.get_value(t) for t in ours.time_s]) + 20 * np.log10(2e-5)
    assert np.nanmean(np.abs(level - ours.level_db)) <= 0.5


def test_blocks_do_not_show():
    """A channel over the border of two blocks is measured as one that has the border elsewhere."""
    wave, _, _ = talk(6, f0_hz=150, seed=4)
    wave = wave.astype(np.float32)
    early = measure_sound("a", wave)
    shift = BLOCK - 38 * 1280
    late = measure_sound("a", np.concatenate([np.zeros(shift, np.float32), wave]))
    rows = shift // 160
    for name in ("f0_hz", "level_db", "hnr_db", "cpps_db"):
        a, b = getattr(early, name)[20:-20], getattr(late, name)[rows + 20 : -20]
        both = np.isfinite(a) & np.isfinite(b)
        assert (np.isfinite(a) == np.isfinite(b)).mean() > 0.99
        assert np.median(np.abs(a[both] - b[both])) < 1e-3
    assert len(late.syllable_s) == len(early.syllable_s)


def test_a_broken_sample_spoils_only_its_own_voice():
    wave = np.concatenate([vowel(150, jitter=0.01), np.zeros(RATE_HZ), vowel(150, jitter=0.01)]).astype(np.float32)
    f0 = np.full(row_count(wave), np.nan, np.float32)
    f0[10:130] = f0[270:380] = 150.0
    whole = jitter_shimmer(wave, f0)
    broken = wave.copy()
    broken[50 * 160] = np.nan
    for ours, spoilt in zip(whole, jitter_shimmer(broken, f0), strict=True):
        assert np.isfinite(ours[270:380]).all()
        np.testing.assert_allclose(spoilt[270:380], ours[270:380], rtol=1e-6)


def test_int16_and_float_measure_alike_and_the_input_is_untouched():
    wave, _, _ = talk(2, f0_hz=150, seed=5)
    coarse = np.round(wave * 32767).astype(np.int16)
    before = coarse.copy()
    a, b = measure_sound("a", coarse), measure_sound("a", coarse.astype(np.float32) / 32768)
    assert np.array_equal(coarse, before)
    assert np.allclose(a.level_db, b.level_db)
    assert np.array_equal(a.f0_hz, b.f0_hz, equal_nan=True)


def test_only_kept_rows_hold_a_voice():
    wave, _, _ = talk(2, f0_hz=150, seed=6)
    track = measure_sound("", wave.astype(np.float32))
    keep = track.time_s < 1.0
    part = keep_rows(track, keep, reliability=0.5, source="lips_and_sound", person="b")
    assert part.person == "b"
    assert np.isnan(part.level_db[~keep]).all()
    assert (part.syllable_s < 1.0).all()
    assert (part.voicing[~keep] == 0).all()


def test_tracks_come_back_from_a_folder(tmp_path):
    wave, _, _ = talk(2, f0_hz=150, seed=6)
    sound = measure_sound("a", wave.astype(np.float32), start_s=3.0, reliability=0.3)
    said = spans(
        [{"start_s": 3.0, "end_s": 5.0, "person": "a", "label": "speech", "score": 0.9, "source": "own_channel"}]
    )
    speech = {
        "a": SpeechTrack("a", said, "own_channel", 0.95, ((3.0, 5.0),)),
        "b": SpeechTrack("b", spans(), "own_channel", 0.5, ()),
    }
    save_sound_tracks(tmp_path, speech, {"a": sound})
    said_back, sound_back = load_sound_tracks(tmp_path)
    assert set(said_back) == {"a", "b"}
    assert said_back["a"].heard == ((3.0, 5.0),)
    assert said_back["a"].spans.equals(said)
    assert np.array_equal(sound_back["a"].f0_hz, sound.f0_hz, equal_nan=True)
    assert np.array_equal(sound_back["a"].syllable_s, sound.syllable_s)
    assert sound_back["a"].reliability == 0.3

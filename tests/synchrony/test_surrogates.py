"""Surrogates keep what they should, and what is reported against them has the right size by chance and in truth."""

import numpy as np
import pytest

from cuetrack.errors import NotEnoughData
from cuetrack.synchrony import against_surrogates, circular_shift, following, phase_randomised, turn_entrainment
from cuetrack.synchrony.turns import windowed_proximity

SETTINGS = {"rate_hz": 5, "lag_s": 3, "window_s": 30, "step_s": 5, "surrogates": 60}


def smooth(rng, n=6000, width=15):
    return np.convolve(rng.standard_normal(n), np.hanning(width), "same")


@pytest.mark.parametrize("kind", ["shift", "phase"])
def test_independent_series_stay_within_chance(kind):
    rng = np.random.default_rng(5)
    found = against_surrogates(smooth(rng), np.exp(smooth(rng) / 3), kind=kind, **SETTINGS)
    assert abs(np.nanmean(found.signed_z)) < 0.5
    assert 0.8 < np.nanstd(found.signed_z) < 1.3
    assert abs(found.session_signed_z) < 3
    assert (found.peak_beats > 0.95).mean() < 0.12


@pytest.mark.parametrize("kind", ["shift", "phase"])
def test_followed_series_beat_chance_at_their_lag(kind):
    rng = np.random.default_rng(6)
    a = smooth(rng)
    found = against_surrogates(a, np.roll(a, 6) + 0.5 * smooth(rng), kind=kind, **SETTINGS)
    assert np.median(found.peak_lag_s) == pytest.approx(1.2, abs=0.2)
    assert (found.peak_beats > 0.95).mean() > 0.9
    assert found.session_signed_z > 3
    assert found.session_absolute_z > 3
    assert found.against.lag_s[np.nanmean(found.against.values, axis=0).argmax()] == pytest.approx(1.2, abs=0.2)


def test_opposite_movement_is_signed():
    rng = np.random.default_rng(7)
    a = smooth(rng)
    found = against_surrogates(a, -a + 0.1 * smooth(rng), **{**SETTINGS, "lag_s": 0.2})
    assert np.nanmedian(found.signed_z) < -3
    assert np.nanmedian(found.absolute_z) > 3


def test_missing_is_not_made_up():
    rng = np.random.default_rng(8)
    a, b = smooth(rng), smooth(rng)
    b[2000:4000] = np.nan
    found = against_surrogates(a, b, **SETTINGS)
    inside = (found.time_s > 420) & (found.time_s < 780)
    assert np.isnan(found.signed_z[inside]).all()
    assert np.isnan(found.peak_lag_s[inside]).all()
    assert np.isfinite(found.signed_z[found.time_s < 380]).all()


def test_same_seed_same_result():
    rng = np.random.default_rng(9)
    a, b = smooth(rng, 4000), smooth(rng, 4000)
    one, again = (against_surrogates(a, b, **SETTINGS, seed=3).signed_z for _ in range(2))
    np.testing.assert_array_equal(one, again)


def test_too_short_to_shift():
    with pytest.raises(NotEnoughData, match="longer stretch"):
        against_surrogates(np.arange(600.0) ** 2, np.arange(600.0), **SETTINGS)
    with pytest.raises(ValueError, match="kind"):
        against_surrogates(np.arange(600.0) ** 2, np.arange(600.0), **SETTINGS, kind="other")


def test_phase_randomised_keeps_values_gaps_and_what_is_shared():
    rng = np.random.default_rng(10)
    a = smooth(rng, 5000)
    rows = np.stack([a, a + 0.3 * smooth(rng, 5000)])
    rows[0, 100:200] = np.nan
    turned = phase_randomised(rows, rng)
    assert (np.isnan(turned) == np.isnan(rows)).all()
    np.testing.assert_array_equal(np.sort(turned[1]), np.sort(rows[1]))
    both = np.isfinite(rows[0])
    before, after = (np.corrcoef(x[0, both], x[1, both])[0, 1] for x in (rows, turned))
    assert after == pytest.approx(before, abs=0.1)
    assert abs(np.corrcoef(rows[1], turned[1])[0, 1]) < 0.3
    np.testing.assert_allclose(np.corrcoef(turned[1, 1:], turned[1, :-1])[0, 1],
                               np.corrcoef(rows[1, 1:], rows[1, :-1])[0, 1], atol=0.02)  # fmt: skip


def test_circular_shift_moves_later():
    assert circular_shift([1, 2, 3, 4], 1).tolist() == [4, 1, 2, 3]


def test_following_chance_is_the_mean_over_all_shifts():
    rng = np.random.default_rng(11)
    leader, follower = np.sort(rng.uniform(0, 600, 30)), np.sort(rng.uniform(0, 600, 25))
    found = following(leader, follower, duration_s=600)
    shares = [
        following(leader, np.sort((follower + by) % 600), duration_s=600).share for by in np.arange(0.05, 600, 0.7)
    ]
    assert found.chance == pytest.approx(np.mean(shares), abs=0.01)
    assert ((found.delay_s >= 0.2) & (found.delay_s <= 4.0)).all()
    assert np.isnan(following([], follower, duration_s=600).share)


def test_turns_that_sound_alike():
    rng = np.random.default_rng(12)
    level = rng.standard_normal(60)
    speaker = np.tile(["client", "therapist"], 30)
    alike = turn_entrainment(level, level + 0.3 * rng.standard_normal(60) + 5 * (speaker == "client"), speaker=speaker)
    assert alike.synchrony_z > 3
    assert alike.transitions == 60
    unlike = turn_entrainment(level, rng.standard_normal(60), speaker=speaker)
    assert abs(unlike.synchrony_z) < 3
    apart = np.linspace(4, 0, 60)
    assert turn_entrainment(level, level + apart, speaker=speaker).convergence == pytest.approx(1.0)
    with pytest.raises(NotEnoughData, match="4 or more"):
        turn_entrainment([1, 2, np.nan, 4], [1, 2, 3, 4], speaker=list("abab"))


def test_windowed_proximity_finds_where_they_sound_alike():
    rng = np.random.default_rng(13)
    before, after = rng.standard_normal((2, 80, 2))
    after[20:40] = before[20:40]
    inside = (np.arange(80)[None, :] // 10) == np.arange(9)[:, None]
    z = windowed_proximity(before, after, speaker=np.tile([0, 1], 40), inside=inside)
    assert np.argsort(-z[:8])[:2].tolist() in ([2, 3], [3, 2])
    assert z[2] > 3
    assert np.isnan(z[8])

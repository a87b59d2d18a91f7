"""The definitions of rMEA and SUSY, row by row against what those programs gave."""

import numpy as np
import pandas as pd
import pytest

from cuetrack.errors import NotEnoughData
from cuetrack.synchrony import rmea_prepare, susy, windowed_cross_correlation

DYADS = ["100_01", "101_01", "102_01", "103_01", "200_01", "201_01", "202_01", "203_01"]
SUSY_COLUMNS = {
    "Z": "z",
    "Z-Pseudo": "z_pseudo",
    "SD(Z)": "z_sd",
    "SD(Z-Pseudo)": "z_pseudo_sd",
    "%>Pseudo": "above_pseudo_percent",
    "n(Segmente)": "segments",
    "ES": "es",
    "Z(lead1)": "z_lead1",
    "Z(lead2)": "z_lead2",
    "ES(lead1)": "es_lead1",
    "ES(lead2)": "es_lead2",
    "Z(noAbs)": "z_signed",
    "Z(Pseudo-noAbs)": "z_pseudo_signed",
    "%>Pseudo(noAbs)": "above_pseudo_percent_signed",
    "ES(noAbs)": "es_signed",
}


@pytest.fixture(params=DYADS)
def dyad(request, media):
    series = pd.read_csv(media / "synchrony" / f"{request.param}.txt", sep=" ")
    return request.param, series["pat"].to_numpy(float), series["th"].to_numpy(float)


@pytest.mark.media
def test_rmea_row(dyad, media):
    name, patient, therapist = dyad
    reference = pd.read_csv(media / "synchrony" / "rMEA_reference_ccf_ABS_FALSE.csv")
    row = reference[reference["dyad"].str.contains(name[:3])].iloc[0]
    prepared = (rmea_prepare(x, rate_hz=25) for x in (patient, therapist))
    found = windowed_cross_correlation(*prepared, rate_hz=25, lag_s=5, window_s=30, step_s=10)
    assert found.values.shape == (row["nwin"], row["nlag"])
    for measure, value in found.summary().items():
        assert value == pytest.approx(row[measure], abs=1e-6), measure


@pytest.mark.media
def test_susy_row(dyad, media):
    name, patient, therapist = dyad
    row = pd.read_csv(media / "synchrony" / "susy_reference_seg30_hz25_lag5.csv").set_index("dyad").loc[name]
    found = susy(patient, therapist, rate_hz=25, segment_s=30, max_lag_s=5)
    for column, measure in SUSY_COLUMNS.items():
        assert getattr(found, measure) == pytest.approx(row[column], abs=1e-6), column


def test_rmea_smoothing_by_hand():
    """At 6 Hz half a second is three samples: sums divided by three, 0 at the end, fewer summed at the start."""
    prepared = rmea_prepare([3.0, 6.0, 9.0, 12.0, 0.0], rate_hz=6)
    smooth = np.array([9.0, 18.0, 27.0, 21.0, 0.0]) / 3
    np.testing.assert_allclose(prepared, smooth / smooth.std(ddof=1))


def test_rmea_keeps_gaps():
    x = np.arange(60.0)
    x[30] = np.nan
    prepared = rmea_prepare(x, rate_hz=6)
    assert np.flatnonzero(np.isnan(prepared)).tolist() == [29, 30, 31]
    assert np.isnan(rmea_prepare(np.zeros(50), rate_hz=25)).all()


def test_susy_lead_and_gaps():
    rng = np.random.default_rng(0)
    a = rng.standard_normal(3000)
    b = np.roll(a, 8) + rng.standard_normal(3000)
    found = susy(a, b, rate_hz=10, segment_s=30, max_lag_s=3)
    assert found.lag_s[found.signed_by_lag.argmax()] == 0.8
    assert found.es_lead1 > 2 > abs(found.es_lead2)
    b[310] = np.nan
    assert susy(a, b, rate_hz=10, segment_s=30, max_lag_s=3).segments == found.segments - 1


def test_susy_refuses():
    with pytest.raises(NotEnoughData, match="shorter segments"):
        susy(np.arange(400.0), np.arange(400.0), rate_hz=10, segment_s=30, max_lag_s=3)
    with pytest.raises(ValueError, match="twice"):
        susy(np.arange(400.0), np.arange(400.0), rate_hz=10, segment_s=5, max_lag_s=3)
    with pytest.raises(ValueError, match="one length"):
        susy(np.arange(4.0), np.arange(5.0), rate_hz=10, segment_s=5, max_lag_s=1)

"""How voices differ in colour: mel-frequency cepstra every 10 ms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.media.audio import Raw
from cuetrack.people.windows import RATE_HZ, blocks, framed, row_count

Floats = npt.NDArray[np.floating]

_SIZE = 512
_BANDS, _KEPT = 26, 19


def cepstra(samples: Raw, *, low_hz: float = 120.0, high_hz: float = 3800.0) -> Floats:
    """Return 19 mel-frequency cepstral coefficients (without the one of level) every 10 ms, (rows, 19) float32.

    Bands end at 3.8 kHz, so that a call's narrow band does not tell a voice. Mel filters by librosa.
    """
    from librosa.filters import mel
    from scipy import fft

    filters = mel(sr=RATE_HZ, n_fft=_SIZE, n_mels=_BANDS, fmin=low_hz, fmax=high_hz, htk=True)
    window = np.hamming(400).astype(np.float32)
    out = np.zeros((row_count(samples), _KEPT), np.float32)
    for block in blocks(samples):
        wave = np.append(block.wave[:1], block.wave[1:] - np.float32(0.97) * block.wave[:-1])
        power = np.abs(fft.rfft(framed(wave, 400) * window, _SIZE)) ** 2
        out[block.rows] = fft.dct(np.log(power @ filters.T + 1e-8), norm="ortho")[:, 1 : _KEPT + 1][block.own]
    return out

"""Pictures with structure at several sizes, moved by any fraction of a pixel."""

import numpy as np


def textured(seed: int = 0, size: tuple[int, int] = (320, 440)) -> np.ndarray:
    """A picture with structure at several sizes, grey levels 40..215."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size[0]), np.fft.fftfreq(size[1]), indexing="ij"))
    spectrum = np.fft.fft2(rng.normal(size=size)) / np.maximum(frequency, 0.01) * (frequency < 0.15)
    picture = np.fft.ifft2(spectrum).real
    picture = (picture - picture.min()) / np.ptp(picture)
    return 40 + 175 * picture


def shifted(picture: np.ndarray, y_px: float, x_px: float = 0.0) -> np.ndarray:
    """The picture moved down and right by any fraction of a pixel, exactly (Fourier shift, wraps around)."""
    fy, fx = np.fft.fftfreq(picture.shape[0])[:, None], np.fft.fftfreq(picture.shape[1])[None, :]
    return np.fft.ifft2(np.fft.fft2(picture) * np.exp(-2j * np.pi * (fy * y_px + fx * x_px))).real


def seen(picture: np.ndarray, rng: np.random.Generator, noise: float = 1.6) -> np.ndarray:
    return np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)

"""Does the lower face look like this person's own? A hand or cup over the mouth goes unnoticed by the face model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people.engines import Pixels

Floats = npt.NDArray[np.float32]

PATCH = (20, 16)
"""Width and height of the patch in px."""
EXEMPLARS = 64
_EYE_R, _EYE_L, _CHIN = 33, 263, 152
_COMPONENTS = 6
_FITTED = 300  # patches that the subspace is fitted to
_ROUNDS = 3
_MOUTH_WEIGHT = 0.6
_SHRUNK_PX = 64  # longest side from which a patch is taken
_LEAST_KNOWN = 40
_ODD = 0.4  # residual that is odd however little the usual varies; fingers on a mouth measured .45-.70, speech .1-.35


def patch(rgb: Pixels, mesh_px: Floats) -> npt.NDArray[np.uint8]:
    """Return the lower face, nose to chin and cheek to cheek, as a (16, 20, 3) Lab patch placed by eyes and chin."""
    import cv2

    width, height = PATCH
    corners = np.ascontiguousarray(mesh_px[[_EYE_R, _EYE_L, _CHIN], :2], dtype=np.float32)
    low = np.floor(corners.min(axis=0) - 8).astype(int)
    high = np.ceil(corners.max(axis=0) + 8).astype(int)
    span = max(1, int((high - low).max()))
    left, top = max(0, int(low[0]) - span // 4), max(0, int(low[1]))
    part = rgb[top : int(high[1]) + span // 4, left : int(high[0]) + span // 4]
    if min(part.shape[:2]) < 4:
        return np.zeros((height, width, 3), np.uint8)
    by = -(-max(part.shape[:2]) // _SHRUNK_PX)
    if by > 1:  # by whole numbers: a quarter of the time that any other shrinking takes
        rows, columns = (side // by for side in part.shape[:2])
        part = cv2.resize(part[: rows * by, : columns * by], (columns, rows), interpolation=cv2.INTER_AREA)
    # Pixel centres: the middle of a block of pixels lies between the middles of its outer ones.
    corners = ((corners - (left, top) - (by - 1) / 2) / by).astype(np.float32)
    # In the patch the eyes' outer corners lie above the upper edge, the chin just inside the lower one.
    places = np.array([[1, -0.75 * height], [width - 1, -0.75 * height], [width / 2, 0.97 * height]], np.float32)
    move = cv2.getAffineTransform(corners, places)
    warped = cv2.warpAffine(part, move, PATCH, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(warped, cv2.COLOR_RGB2LAB), dtype=np.uint8)


def likeness(patches: npt.NDArray[np.uint8], known: npt.NDArray[np.uint8]) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Return how much each patch looks like the person's usual, (n,) 0..1, and the exemplars to carry on.

    `patches` is (n, 16, 20, 3), `known` (k, 16, 20, 3) exemplars from before. Usual is a robust principal subspace:
    fitted to the patches nearest the median, so that a hand seen now and then does not become usual. Near 1 is usual,
    below 0.5 is covered, turned away, or a face not made before in this recording. NaN until 40 patches are known.
    """
    everything = np.concatenate([known, patches])
    if len(everything) < _LEAST_KNOWN:
        return np.full(len(patches), np.nan, np.float32), everything[:EXEMPLARS]
    features = _features(everything)
    odd = np.sqrt(((features - np.median(features, axis=0)) ** 2).mean(axis=1))
    keep = odd <= np.quantile(odd, 0.6)
    for _ in range(_ROUNDS):
        middle = features[keep].mean(axis=0)
        some = np.flatnonzero(keep)
        some = some[np.linspace(0, len(some) - 1, min(len(some), _FITTED)).astype(int)]
        axes = _axes(features[some] - middle, min(_COMPONENTS, int(keep.sum()) // 4))
        centred = features - middle
        within = centred @ axes.T
        spread = np.maximum(within[keep].std(axis=0), 1e-6)
        outside = ((centred - within @ axes) ** 2).mean(axis=1)
        far = (np.maximum(np.abs(within) / spread - 3, 0) * spread) ** 2  # beyond the usual range along the axes
        odd = np.sqrt(outside + far.sum(axis=1) / features.shape[1])
        usual = float(np.median(odd[keep]))
        keep = odd <= 2.0 * usual
    score = 1 / (1 + (odd / max(2.5 * usual, _ODD)) ** 6)
    kept = everything[keep]
    carried = kept[np.linspace(0, len(kept) - 1, min(EXEMPLARS, len(kept))).astype(int)]
    return score[len(known) :].astype(np.float32), carried


def _axes(centred: Floats, count: int) -> Floats:
    """Return the first principal axes (count, features), by way of the rows' products: far fewer than features."""
    values, rows = np.linalg.eigh(centred @ centred.T)
    strongest = rows[:, ::-1][:, :count] / np.sqrt(np.maximum(values[::-1][:count], 1e-6))
    return np.asarray(strongest.T @ centred, dtype=np.float32)


def _inside_face() -> tuple[npt.NDArray[np.bool_], Floats]:
    """Return which px of the patch, (16, 20), lie on the face and not beside the jaw, and their weights.

    The mouth counts less: it changes with speech and smiles, chin and cheeks only when something covers them.
    """
    width, height = PATCH
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x = (x - width / 2 + 0.5) / width
    inside = (x / 0.42) ** 2 + ((y - 0.15 * height) / (0.75 * height)) ** 2 <= 1
    mouth = (x / 0.3) ** 2 + ((y - 0.2 * height) / (0.36 * height)) ** 2 <= 1
    weight = np.where(mouth, _MOUTH_WEIGHT, 1.0)[inside]
    return inside, np.asarray(weight / np.sqrt((weight**2).mean()), dtype=np.float32)


def _features(patches: npt.NDArray[np.uint8]) -> Floats:
    """Return one row a patch: lightness with its mean and contrast removed, and colour."""
    inside, weight = _inside_face()
    lab = patches[:, inside].astype(np.float32)
    light = lab[:, :, 0] - lab[:, :, 0].mean(axis=1, keepdims=True)
    contrast = np.maximum(light.std(axis=1, keepdims=True), 6.0)
    colour = (lab[:, :, 1:] - 128) / 8
    both = np.concatenate([(light / contrast)[:, :, None], colour], axis=2) * weight[:, None]
    return np.asarray(both.reshape(len(patches), -1), dtype=np.float32)

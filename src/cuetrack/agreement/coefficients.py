"""Agreement coefficients for items that several raters judged: alpha, AC1, kappas and intraclass correlations.

Ratings come as an array of shape (items, raters): category numbers or values, NaN where a rater did not judge.
A coefficient that cannot be estimated raises NotEnoughData, with the reason in words.
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from cuetrack.errors import NotEnoughData

Floats = npt.NDArray[np.floating]


def percent_agreement(ratings: npt.ArrayLike) -> float:
    """Return the share 0..1 of judged pairs that agree, over items with at least two judgements."""
    table, _ = _counts(ratings)
    judged = table.sum(axis=1)
    return float((table * (table - 1)).sum() / (judged * (judged - 1)).sum())


def krippendorff_alpha(ratings: npt.ArrayLike) -> float:
    """Return Krippendorff's alpha for nominal categories; missing judgements are allowed (Krippendorff 2011)."""
    table, _ = _counts(ratings)
    judged = table.sum(axis=1)
    coincidence = (table[:, :, None] * table[:, None, :] / (judged - 1)[:, None, None]).sum(axis=0)
    coincidence -= np.diag((table / (judged - 1)[:, None]).sum(axis=0))
    totals = coincidence.sum(axis=0)
    n = totals.sum()
    expected = n**2 - (totals**2).sum()
    if expected == 0:
        raise NotEnoughData("not estimable: every judgement is the same")
    observed = n - np.trace(coincidence)
    return float(1 - (n - 1) * observed / expected)


def gwet_ac1(ratings: npt.ArrayLike) -> float:
    """Return Gwet's AC1, which stays stable when one category is rare (Gwet 2008)."""
    table, categories = _counts(ratings)
    if len(categories) < 2:
        raise NotEnoughData("not estimable: every judgement is the same")
    judged = table.sum(axis=1)
    agreed = float(((table * (table - 1)).sum(axis=1) / (judged * (judged - 1))).mean())
    prevalence = (table / judged[:, None]).mean(axis=0)
    chance = float((prevalence * (1 - prevalence)).sum() / (len(categories) - 1))
    return (agreed - chance) / (1 - chance)


def cohen_kappa(
    first: npt.ArrayLike, second: npt.ArrayLike, *, weights: Literal["unweighted", "equal", "squared"] = "unweighted"
) -> float:
    """Return Cohen's kappa of two raters over items both judged; weights as the R package irr names them."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    both = np.isfinite(a) & np.isfinite(b)
    if not both.any():
        raise NotEnoughData("not estimable: no item was judged by both")
    categories = np.unique(np.concatenate([a[both], b[both]]))
    table = np.zeros((len(categories),) * 2)
    np.add.at(table, (np.searchsorted(categories, a[both]), np.searchsorted(categories, b[both])), 1)
    table /= table.sum()
    steps = np.abs(np.subtract.outer(np.arange(len(categories)), np.arange(len(categories)))).astype(float)
    distance = {"unweighted": (steps > 0).astype(float), "equal": steps, "squared": steps**2}[weights]
    expected = float((distance * np.outer(table.sum(axis=1), table.sum(axis=0))).sum())
    if expected == 0:
        raise NotEnoughData("not estimable: both used one and the same category")
    return 1 - float((distance * table).sum()) / expected


def light_kappa(ratings: npt.ArrayLike) -> float:
    """Return Light's kappa: the mean of Cohen's kappa over all pairs of raters."""
    table = np.asarray(ratings, float)
    pairs = combinations(range(table.shape[1]), 2)
    return float(np.mean([cohen_kappa(table[:, i], table[:, j]) for i, j in pairs]))


def fleiss_kappa(ratings: npt.ArrayLike) -> float:
    """Return Fleiss' kappa over the items that every rater judged."""
    values = np.asarray(ratings, float)
    table, _ = _counts(values[np.isfinite(values).all(axis=1)])
    raters = table.sum(axis=1)[0]
    share = table.sum(axis=0) / table.sum()
    chance = float((share**2).sum())
    if chance == 1:
        raise NotEnoughData("not estimable: every judgement is the same")
    agreed = float(((table**2).sum(axis=1) - raters).mean() / (raters * (raters - 1)))
    return (agreed - chance) / (1 - chance)


def intraclass(
    ratings: npt.ArrayLike,
    *,
    model: Literal["oneway", "twoway"] = "twoway",
    kind: Literal["consistency", "agreement"] = "agreement",
    unit: Literal["single", "average"] = "single",
) -> float:
    """Return an intraclass correlation of values (items, raters) over complete items (McGraw and Wong 1996)."""
    values = np.asarray(ratings, float)
    values = values[np.isfinite(values).all(axis=1)]
    n, k = values.shape
    if n < 2 or k < 2:
        raise NotEnoughData(f"not estimable: it needs two raters and two items that all judged, got {k} and {n}")
    rows, columns, grand = values.mean(axis=1), values.mean(axis=0), values.mean()
    between = k * ((rows - grand) ** 2).sum() / (n - 1)
    within = ((values - rows[:, None]) ** 2).sum() / (n * (k - 1))
    raters = n * ((columns - grand) ** 2).sum() / (k - 1)
    rest = ((values - rows[:, None] - columns[None, :] + grand) ** 2).sum() / ((n - 1) * (k - 1))
    if between == 0 and rest == 0:
        raise NotEnoughData("not estimable: the values do not vary")
    if model == "oneway":
        error, extra = within, 0.0
    else:
        error, extra = rest, (raters - rest) / n if kind == "agreement" else 0.0
    if unit == "single":
        return float((between - error) / (between + (k - 1) * error + k * extra))
    return float((between - error) / (between + extra))


def _counts(ratings: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return how often each category was given per item (items, categories), for items judged at least twice."""
    values = np.asarray(ratings, float)
    categories = np.unique(values[np.isfinite(values)])
    table = (values[:, :, None] == categories[None, None, :]).sum(axis=1).astype(float)
    table = table[table.sum(axis=1) >= 2]
    if not len(table):
        raise NotEnoughData("not estimable: no item was judged by two raters")
    return table, categories

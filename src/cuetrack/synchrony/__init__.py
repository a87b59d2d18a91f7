"""How two series move together, for plain arrays: correlations over windows and lags, always against surrogates."""

from cuetrack.synchrony.events import Following, following
from cuetrack.synchrony.lead import steady_lead_s
from cuetrack.synchrony.rmea import rmea_prepare
from cuetrack.synchrony.series import evenly, without_states
from cuetrack.synchrony.surrogates import Synchrony, against_surrogates, circular_shift, phase_randomised
from cuetrack.synchrony.susy import Susy, susy
from cuetrack.synchrony.turns import Entrainment, turn_entrainment
from cuetrack.synchrony.windowed import LAG, LagMap, windowed_cross_correlation

__all__ = [
    "LAG",
    "Entrainment",
    "Following",
    "LagMap",
    "Susy",
    "Synchrony",
    "against_surrogates",
    "circular_shift",
    "evenly",
    "following",
    "phase_randomised",
    "rmea_prepare",
    "steady_lead_s",
    "susy",
    "turn_entrainment",
    "windowed_cross_correlation",
    "without_states",
]

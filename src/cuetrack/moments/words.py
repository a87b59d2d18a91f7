"""How a signal is said in print: movement, voice and timing in natural units, nothing else."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "latency_s": "answered after {0} s; usually {1} s",
    "transfer_offset_s": "began {0} s after the other stopped; usually {1} s",
    "reply_s": "replies lasted {0} s; usually {1} s",
    "minimal": "{0} % of replies very short; usually {1} %",
    "intensity_sd": "replies {0} SD from usual size; usually {1}",
    "talk_share": "{0} % of the talking; usually {1} %",
    "pause_share": "nobody spoke {0} % of the time; usually {1} %",
    "turn_s": "turns of {0} s; usually {1} s",
    "interruption_per_min": "came in over the other {0} times a minute; usually {1}",
    "backchannel_per_min": "{0} short listening signals a minute; usually {1}",
    "repeat_pause_per_min": "paused and went on without an answer {0} times a minute; usually {1}",
    "level_db": "voice level {0} dB re own median; usually {1} dB",
    "pitch_st": "pitch {0} st re own median; usually {1} st",
    "pitch_span_st": "pitch range {0} st; usually {1} st",
    "articulation_syl_per_s": "{0} syllables a second; usually {1}",
    "shimmer": "cycle-to-cycle loudness change {0}; usually {1}",
    "jitter": "cycle-to-cycle pitch change {0}; usually {1}",
    "toward_partner": "gaze toward the other {0} % of the time; usually {1} %",
    "off_home_deg": "gaze {0} deg from its usual direction; usually {1} deg",
    "gaze_pitch_deg": "gaze {0} deg down; usually {1} deg",
    "eyelid_closure": "lids closed {0}; usually {1}",
    "pitch_deg": "chin {0} deg down; usually {1} deg",
    "laugh_share": "laughed {0} % of the time; usually {1} %",
    "cough_share": "coughed {0} % of the time; usually {1} %",
    "away_down_share": "gaze down {0} % of the time; usually {1} %",
    "away_up_share": "gaze up {0} % of the time; usually {1} %",
    "blink_rate_per_min": "{0} blinks a minute; usually {1}",
    "expressivity_per_s": "face movement {0} a second; usually {1}",
    "smile": "mouth corners raised {0}; usually {1}",
    "smile_eyes": "eyes narrowed in smiles {0}; usually {1}",
    "brow_lower": "brows lowered {0}; usually {1}",
    "brow_raise": "brows raised {0}; usually {1}",
    "lip_press": "lips pressed {0}; usually {1}",
    "nod_rate_per_min": "{0} nods a minute; usually {1}",
    "shake_rate_per_min": "{0} head shakes a minute; usually {1}",
    "lean_cm": "leaning {0} cm; usually {1} cm (positive is forward)",
    "slump_cm": "shoulders {0} cm lower; usually {1} cm",
    "openness": "arms open {0}; usually {1}",
    "motion_sw_per_s": "body movement {0} shoulder widths a second; usually {1}",
    "hand_motion_sw_per_s": "hand movement {0} shoulder widths a second; usually {1}",
    "self_touch": "hand on face or arm {0} % of the time; usually {1} %",
    "hand_over_face": "hand before the face {0} % of the time; usually {1} %",
    "breath_rate_per_min": "{0} breaths a minute; usually {1}",
    "breath_depth": "breath depth {0} of own median; usually {1}",
    "hold_share": "breath held {0} % of the time; usually {1} %",
    "sigh_per_min": "{0} deep sighing breaths a minute; usually {1}",
    "mutual_gaze": "both gazed toward each other {0} % of the time; usually {1} %",
    "motion_sync_z": "movement of both alike {0} SD against chance; usually {1} SD",
}
PERCENT = frozenset(name for name, text in WORDS.items() if "{0} %" in text)
SHORT: Mapping[str, tuple[str, str]] = {
    "latency_s": ("answers later", "answers sooner"),
    "transfer_offset_s": ("starts later", "starts earlier"),
    "reply_s": ("longer replies", "shorter replies"),
    "minimal": ("more very short replies", "fewer very short replies"),
    "talk_share": ("talks more", "talks less"),
    "pause_share": ("more silence", "less silence"),
    "turn_s": ("longer turns", "shorter turns"),
    "interruption_per_min": ("comes in over the other", "comes in less"),
    "backchannel_per_min": ("more listening signals", "fewer listening signals"),
    "repeat_pause_per_min": ("pauses and goes on unanswered", "fewer unanswered pauses"),
    "level_db": ("louder", "quieter"),
    "pitch_st": ("higher pitch", "lower pitch"),
    "pitch_span_st": ("wider pitch range", "narrower pitch range"),
    "articulation_syl_per_s": ("speaks faster", "speaks slower"),
    "toward_partner": ("gaze more toward the other", "gaze less toward the other"),
    "off_home_deg": ("gaze further off", "gaze nearer its usual direction"),
    "away_down_share": ("gaze down more", "gaze down less"),
    "expressivity_per_s": ("more face movement", "less face movement"),
    "smile": ("smiles more", "smiles less"),
    "brow_lower": ("brows lower", "brows less low"),
    "lip_press": ("lips pressed", "lips looser"),
    "nod_rate_per_min": ("nods more", "nods less"),
    "shake_rate_per_min": ("shakes head more", "shakes head less"),
    "lean_cm": ("leans forward", "leans back"),
    "slump_cm": ("shoulders lower", "shoulders higher"),
    "motion_sw_per_s": ("moves more", "moves less"),
    "hand_motion_sw_per_s": ("hands move more", "hands move less"),
    "breath_rate_per_min": ("breathes faster", "breathes slower"),
    "breath_depth": ("breathes deeper", "breathes shallower"),
    "hold_share": ("holds breath", "holds breath less"),
    "sigh_per_min": ("sighs", "sighs less"),
    "intensity_sd": ("fuller replies", "smaller replies"),
    "shimmer": ("rougher voice", "smoother voice"),
    "jitter": ("less steady voice", "steadier voice"),
    "hnr_db": ("clearer voice", "breathier voice"),
    "cpps_db": ("clearer voice", "breathier voice"),
    "gaze_pitch_deg": ("gaze lower", "gaze higher"),
    "pitch_deg": ("chin lower", "chin higher"),
    "yaw_deg": ("face turned to own left", "face turned to own right"),
    "roll_deg": ("head tipped to own right", "head tipped to own left"),
    "head_speed_deg_per_s": ("head moves more", "head moves less"),
    "turn_deg": ("trunk turned to own left", "trunk turned to own right"),
    "openness": ("arms further apart", "arms closer"),
    "blink_rate_per_min": ("blinks more", "blinks less"),
    "eyelid_closure": ("lids lower", "lids wider"),
    "brow_raise": ("brows higher", "brows less high"),
    "smile_eyes": ("eyes narrow more", "eyes narrow less"),
    "away_up_share": ("gaze up more", "gaze up less"),
    "motion_energy": ("moves more", "moves less"),
    "self_touch": ("hand on face or arm", "hand less on face or arm"),
    "hand_over_face": ("hand before the face", "hand less before the face"),
    "laugh_share": ("laughs", "laughs less"),
    "cough_share": ("coughs", "coughs less"),
    "motion_sync_z": ("both move more alike", "both move less alike"),
    "head_sync_z": ("heads move more alike", "heads move less alike"),
    "face_sync_z": ("faces move more alike", "faces move less alike"),
    "voice_sync_z": ("voices more alike", "voices less alike"),
    "breathing_sync_z": ("both breathe more alike", "both breathe less alike"),
    "mirroring": ("postures more alike", "postures less alike"),
    "mutual_gaze": ("both gaze toward each other more", "both gaze toward each other less"),
}
CHANNEL_WORDS: Mapping[str, str] = {
    "timing": "timing",
    "voice": "voice",
    "gaze": "gaze",
    "face": "face",
    "posture": "posture",
    "breathing": "breathing",
    "gesture": "movement",
    "pair": "the two together",
}


BENIGN: Mapping[str, str] = {
    "nuisance_laugh": "laughing together",
    "nuisance_hand_or_cup": "a cough, a sip, or a hand before the face",
    "nuisance_note_taking": "writing or reading",
    "nuisance_hand_at_eyes": "a tissue or hand at the eyes",
    "nuisance_thinking_silence": "a silence that a long reply followed",
}
"""Ordinary readings of the shipped nuisance patterns; others are printed by their title."""


def sentence(signal: str, value: float, usual: float, unit: str) -> str:
    """Return a signal against its usual in natural units.

    >>> sentence("latency_s", 2.41, 0.6, "s")
    'answered after 2.4 s; usually 0.6 s'
    """
    text = WORDS.get(signal, signal.replace("_", " ") + " {0}" + f" {unit}".rstrip() + "; usually {1}")
    return text.format(_number(signal, value), _number(signal, usual))


def short(signal: str, z: float) -> str:
    """Return the direction of a change in two or three words.

    >>> short("level_db", -1.8)
    'quieter'
    """
    up, down = SHORT.get(signal, ("more " + signal.replace("_", " "), "less " + signal.replace("_", " ")))
    return up if z > 0 else down


def _number(signal: str, value: float) -> str:
    if value != value:
        return "unknown"
    shown = round(value * 100) if signal in PERCENT else value
    if signal in PERCENT or abs(shown) >= 20:
        return f"{shown:.0f}"
    return f"{shown:.1f}" if abs(shown) >= 0.95 or signal.endswith(("_s", "_db", "_st", "_cm")) else f"{shown:.2f}"

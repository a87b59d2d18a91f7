"""How well voices, turns and who speaks are measured, against generated voices with known truth and against Praat.

Praat (parselmouth) and pyannote.metrics are in the test extra. Clips of ../shared/media are used where they are there.
"""

import math
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.signal import lfilter, resample_poly

ROOT = Path(__file__).parents[1]
MEDIA = ROOT.parent / "shared" / "media"
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests")]

from report import row, write  # noqa: E402
from spoken import RATE_HZ, VOWELS, conversation, formants, pulses, talk  # noqa: E402

from cuetrack.people.sound import measure_sound  # noqa: E402
from cuetrack.people.speech import listen  # noqa: E402

SNRS = (20, 10, 5)
VOICES = {"a": {"f0_hz": 115, "tract": 0.95}, "b": {"f0_hz": 205, "tract": 1.12}}
ALIKE = {"a": {"f0_hz": 195, "tract": 1.06}, "b": {"f0_hz": 210, "tract": 1.15}}


def main():
    rows = [
        *pitch_rows(), *level_rows(), *articulation_rows(), *quality_rows(),
        *channel_rows(), *noise_rows(), *mix_rows(), *real_rows(), *video_rows(), *cost_rows(),
    ]  # fmt: skip
    write(
        "voice-accuracy",
        "Voice, turns and who speaks: accuracy",
        "Generated voices (pulses and formants, known pitch, syllables and turns) stand for truth; Praat 6 "
        "(parselmouth) is the reference for level and voice quality; a recording with turns marked by hand for who "
        "speaks. Diarisation error rates are without collar, overlap scored (pyannote.metrics). Generated "
        "voices have no "
        "reverberation, no whisper and no creak, and real recordings here are few: read these as what the code does, "
        "not as what every recording will give. Intervals are 95 % bootstrap over voices.",
        rows,
        "make voice-bench",
        results="voice_accuracy",
    )


def noisy(wave, snr_db, kind, seed):
    noise = np.random.default_rng(seed).normal(0, 1, len(wave))
    if kind == "pink":
        noise = lfilter([0.05, -0.0959, 0.0506, -0.0044], [1, -2.4949, 2.0173, -0.5222], noise)
    wanted = np.sqrt(np.mean(wave**2)) * 10 ** (-snr_db / 20)
    return (wave + noise / np.sqrt(np.mean(noise**2)) * wanted).astype(np.float32)


def interval(values):
    values = np.asarray(values, float)
    draws = np.random.default_rng(0).integers(0, len(values), (2000, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def pitch_rows():
    out = []
    for snr in SNRS:
        cents, gross, wrong = [], [], []
        for seed in range(3):
            for f0_hz, tract in ((115, 0.95), (140, 1.0), (205, 1.12), (240, 1.15)):
                parts, truth = [], []
                for k in range(3):
                    wave, f0, _ = talk(4, f0_hz=f0_hz, seed=10 * seed + k, tract=tract, jitter=0, shimmer=0)
                    parts += [wave, np.zeros(RATE_HZ)]
                    truth += [f0, np.full(RATE_HZ, np.nan)]
                for kind in ("pink", "white"):
                    found = measure_sound("", noisy(np.concatenate(parts), snr, kind, seed)).f0_hz
                    true = np.concatenate(truth)[::160]
                    both = np.isfinite(found) & np.isfinite(true)
                    off = np.abs(1200 * np.log2(found[both] / true[both]))
                    cents.append(np.median(off))
                    gross.append(np.mean(off > 315))
                    wrong.append(np.mean(np.isfinite(found) != np.isfinite(true)))
        limit = "≤ 4 %" if snr == 5 else "≤ 2 %"
        if snr != 5:
            out.append(row(f"f0_{snr}db_median_cents", np.mean(cents), unit="cents", target="≤ 6",
                           interval=interval(cents), n=len(cents), note="4 voices, 3 seeds, two noises"))  # fmt: skip
            out.append(
                row(f"f0_{snr}db_gross", np.mean(gross), target="≤ .005", interval=interval(gross), n=len(gross))
            )
        out.append(
            row(f"f0_{snr}db_voicing_error", np.mean(wrong), target=limit, interval=interval(wrong), n=len(wrong))
        )
    return out


def level_rows():
    import parselmouth

    off = []
    waves = [noisy(talk(4, f0_hz=f0, seed=s)[0], 30, "pink", s) for s in range(3) for f0 in (115, 205)]
    for wave in [*waves, *clips().values()]:
        ours = measure_sound("", wave)
        praat = parselmouth.Sound(wave.astype(float), RATE_HZ).to_intensity(100, 0.01)
        level = np.array([praat.get_value(t) for t in ours.time_s]) + 20 * math.log10(2e-5)
        off.append(np.nanmean(np.abs(level - ours.level_db)[level > -70]))
    return [row("level_mae_db", np.mean(off), unit="dB", target="≤ .5", interval=interval(off), n=len(off),
                note="against Praat's intensity, generated voices and clips")]  # fmt: skip


def articulation_rows():
    off = []
    for rate in range(2, 8):
        for f0_hz, tract in ((115, 0.95), (205, 1.12)):
            wave, _, at = talk(10, f0_hz=f0_hz, seed=rate, syllables_per_s=rate, tract=tract)
            off.append(abs(len(measure_sound("", noisy(wave, 20, "pink", rate)).syllable_s) - len(at)) / 10)
    rows = [row("articulation_mae", np.mean(off), unit="syl/s", target="≤ .4", interval=interval(off), n=len(off),
                note="2 to 7 syl/s, 20 dB SNR")]  # fmt: skip
    wave = sample()
    if wave is not None:
        # Syllables counted by ear and dictionary in the transcript's segments.
        told = ((8.916, 9.798, 7), (9.838, 10.78, 4), (12.542, 14.184, 9), (14.444, 17.769, 15), (17.789, 20.113, 13),
                (20.173, 21.475, 7), (21.935, 23.978, 8), (24.058, 28.425, 20), (28.445, 29.987, 10))  # fmt: skip
        found = measure_sound("", wave).syllable_s
        real = [abs(((found >= a) & (found < b)).sum() - n) / (b - a) for a, b, n in told]
        rows.append(row("articulation_real_mae", np.mean(real), unit="syl/s", interval=interval(real), n=len(real),
                        note="real telephone speech; nuclei without a dip are missed"))  # fmt: skip
    return rows


def quality_rows():
    import parselmouth
    from parselmouth.praat import call

    off = {"jitter": [], "shimmer": [], "hnr_db": [], "cpps_db": []}
    for f0_hz in (110, 150, 210):
        for jitter, shimmer, snr in ((0, 0, 40), (0.003, 0.03, 30), (0.005, 0.05, 20)):
            rng = np.random.default_rng(f0_hz)
            f0 = f0_hz * 2 ** (0.5 / 12 * np.sin(np.arange(2 * RATE_HZ) / RATE_HZ * 6 * np.pi))
            wave = formants(pulses(f0, rng, jitter=jitter, shimmer=shimmer), [VOWELS[0]] * 80)
            wave = noisy(0.05 * wave / np.std(wave), snr, "white", 1)
            ours, praat = measure_sound("", wave), parselmouth.Sound(wave.astype(float), RATE_HZ)
            points = call(praat, "To PointProcess (periodic, cc)", 75, 500)
            harmonics = praat.to_harmonicity_ac(0.01, 75, 0.1, 4.5).values
            cepstrum = call(praat, "To PowerCepstrogram", 60, 0.002, 5000, 50)
            theirs = {
                "jitter": call(points, "Get jitter (local)", 0, 0, 1e-4, 0.02, 1.3),
                "shimmer": call([praat, points], "Get shimmer (local)", 0, 0, 1e-4, 0.02, 1.3, 1.6),
                "hnr_db": harmonics[harmonics > -100].mean(),
                "cpps_db": call(cepstrum, "Get CPPS", False, 0.02, 0.0005, 60, 330, 0.05, "Parabolic", 0.001, 0,
                                "Straight", "Robust"),
            }  # fmt: skip
            for name, value in theirs.items():
                off[name].append(abs(float(np.nanmean(getattr(ours, name)[10:-10])) - value))
    limits = {"jitter": ("", "≤ .002"), "shimmer": ("", "≤ .015"), "hnr_db": ("dB", "≤ 1"), "cpps_db": ("dB", "≤ .7")}
    return [
        row(f"{name}_praat_difference", np.mean(v), unit=limits[name][0], target=limits[name][1], interval=interval(v),
            n=len(v), note="sustained vowels, mean absolute difference from Praat")
        for name, v in off.items()
    ]  # fmt: skip


def random_turns(seed, seconds):
    rng = np.random.default_rng(seed)
    rows, at, who = [], 1.0, 0
    while at < seconds - 6:
        end = min(at + float(np.clip(rng.lognormal(0.6, 0.8), 0.4, 9)), seconds - 1)
        rows.append(("ab"[who], at, end))
        at = end + float(np.clip(rng.normal(0.3, 0.35), -0.4, 2))
        who = 1 - who if rng.random() > 0.15 else who
    out = []
    for person, start, end in rows:
        if all(p != person or e + 0.15 <= start for p, _, e in out):
            out.append((person, start, end))
    return out


def spoken_by(heard):
    return [
        (person, r["start_s"], r["end_s"])
        for person, track in heard.speech.items()
        for r in track.spans.to_dict("records")
        if r["label"] == "speech"
    ]


def error_rate(truth, found, seconds, start_s=0.0):
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotated(rows):
        out = Annotation()
        for i, (person, start, end) in enumerate(rows):
            out[Segment(start, end), i] = person
        return out

    metric = DiarizationErrorRate(collar=0, skip_overlap=False)
    return metric(annotated(truth), annotated(found), uem=Timeline([Segment(start_s, seconds)]))


def channel_rows():
    out = []
    for name, leak_db in (("own_channel", None), ("crosstalk_20db", -20)):
        rates, edges = [], []
        for seed in range(4):
            turns = random_turns(seed, 45)
            clean = conversation(turns, VOICES if seed % 2 else ALIKE, 45, seed=seed)
            gain = 0.0 if leak_db is None else 10 ** (leak_db / 20)
            heard = listen({p: clean[p] + gain * clean["b" if p == "a" else "a"] for p in "ab"}, ["a", "b"])
            found = spoken_by(heard)
            rates.append(error_rate(turns, found, 45))
            for person, start, end in turns:
                own = [(s, e) for p, s, e in found if p == person]
                edges += [min(abs(s - start) for s, _ in own), min(abs(e - end) for _, e in own)]
        what = "a channel each" + ("" if leak_db is None else ", each with the other at -20 dB")
        out.append(
            row(f"{name}_der", np.mean(rates), target="≤ .03", interval=interval(rates), n=len(rates), note=what)
        )
        out.append(row(f"{name}_edge_mae_ms", 1000 * np.mean(edges), unit="ms", target="≤ 60", n=len(edges),
                       interval=interval(1000 * np.array(edges)), note="turn onsets and offsets"))  # fmt: skip
    return out


def noise_rows():
    from cuetrack.simulate import room, voice

    hit = dict.fromkeys(("laugh", "cough", "sigh"), 0.0)
    false_s = speech_s = 0.0
    for seed in range(4):
        count = 2400
        sounds = [(5.0, 7.0, "laugh"), (10.0, 10.6, "cough"), (14.0, 16.0, "sigh")]
        speech = [(1, 4), (8, 9.5), (11, 13.5), (17, 20), (20.5, 23)]
        made = voice.voice(
            speech, sounds, f0_hz=(120 + 30 * seed) * 2 ** (np.sin(np.arange(count) / 60) / 6),
            level_db=np.full(count, -24.0), rate_syl_per_s=np.full(count, 4.3), seed=seed,
        )  # fmt: skip
        wave = resample_poly(made.samples + room.noise(len(made.samples), -62.0, seed), 2, 3).astype(np.float32)
        spans = listen({"a": wave}, ["a"]).speech["a"].spans
        for start, end, label in sounds:
            hit[label] += shared(spans[spans["label"] == label], start, end) / (end - start) / 4
            false_s += shared(spans[spans["label"] == "speech"], start, end) / 4
        speech_s += sum(shared(spans[spans["label"] == "speech"], a, b) for a, b in speech) / 4
    said = sum(b - a for a, b in speech)
    return [
        *(row(f"{k}_found_share", v, n=4, note=f"share of generated {k}s labelled so") for k, v in hit.items()),
        row("noises_taken_for_speech_share", false_s / 4.6, n=12, note="of laughs, coughs and sighs"),
        row("speech_kept_share", speech_s / said, n=20, note="of speech beside them; generated turns end in silence"),
    ]


def shared(rows, start, end):
    return float(np.clip(np.minimum(rows["end_s"], end) - np.maximum(rows["start_s"], start), 0, None).sum())


def mix_rows():
    out = []
    for name, voices in (("mix_unlike", VOICES), ("mix_alike", ALIKE)):
        rates = []
        for seed in range(4):
            turns = random_turns(seed + 10, 45)
            mix = sum(conversation(turns, voices, 45, seed=seed).values())
            rates.append(error_rate(turns, spoken_by(listen(mix, ["a", "b"])), 45))
        out.append(row(f"{name}_der", np.mean(rates), interval=interval(rates), n=len(rates),
                       note="both generated voices in one channel, by sound alone"))  # fmt: skip
    return out


def read(path):
    import soundfile

    wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    common = math.gcd(rate, RATE_HZ)
    return resample_poly(wave[:, 0], RATE_HZ // common, rate // common).astype(np.float32)


def clips():
    return {p.name: read(p) for p in sorted((MEDIA / "prosody").glob("*.wav"))} if MEDIA.is_dir() else {}


def sample():
    path = MEDIA / "audio_2spk" / "sample.wav"
    return read(path) if path.exists() else None


def real_rows():
    wave = sample()
    if wave is None:
        return []
    lines = (line.split() for line in (MEDIA / "audio_2spk" / "sample.rttm").read_text().splitlines())
    truth = [(f[7], float(f[3]), float(f[3]) + float(f[4])) for f in lines]
    found = spoken_by(listen(wave, ["speaker90", "speaker91"]))
    note = "real telephone talk, two women of one pitch, by sound alone; overlap is given to one voice"
    return [row("sample_mono_der", error_rate(truth, found, 30), target="≤ .20", n=1, note=note)]


def video_rows():
    """One channel with video: the real clip in which only the left person talks, and a rendered session."""
    from cuetrack.simulate.media import cached
    from cuetrack.simulate.script import short_script

    out = []
    clip = MEDIA / "video" / "L_talks_R_silent.mp4"
    if clip.exists():
        found = spoken_by(seen_and_heard(clip, {"left": "left", "right": "right"}))
        left = sum(e - s for p, s, e in found if p == "left")
        out.append(row("talker_share", left / max(sum(e - s for _, s, e in found), 1e-9), target="≥ .98", n=1,
                       note="real clip, all speech is the left person's; lips and sound"))  # fmt: skip
    made = cached(short_script(), sound="mono")
    turns = made.truth.spans["turns"]
    truth = [
        (r["person"], r["start_s"], r["end_s"])
        for r in turns.to_dict("records")
        if r["label"] in ("ipu", "backchannel")
    ]
    heard = seen_and_heard(made.path, {p.name: p.place for p in short_script().people})
    out.append(row("rendered_mono_video_der", error_rate(truth, spoken_by(heard), 30), target="≤ .08", n=1,
                   note="30 s with laughs, a cough, a sigh and a hand over the mouth; one mono channel"))  # fmt: skip
    return out


def seen_and_heard(path, places):
    from cuetrack.media.audio import load_sound
    from cuetrack.people.shelf import load_tracks
    from cuetrack.people.watch import View, watch

    with tempfile.TemporaryDirectory() as folder:
        watch([View(Path(path), places)], folder)
        faces = load_tracks(folder)["face"]
    sound = load_sound(path, rate_hz=RATE_HZ)
    return listen(sound.samples, list(places), start_s=sound.start_s, faces=faces)


def cost_rows():
    wave, _, _ = talk(60, f0_hz=140, seed=1)
    wave = wave.astype(np.float32)
    start = time.process_time()
    measure_sound("", wave)
    measured = time.process_time()
    listen({"a": wave}, ["a"])
    heard = time.process_time()
    note = "60 s of steady speech on one core, processor time"
    return [
        row("sound_times_real_time", 60 / (measured - start), unit="x", target="≥ 30", n=1, note=note),
        row("listen_times_real_time", 60 / (heard - measured), unit="x", n=1, note="with speech activity and noises"),
    ]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()

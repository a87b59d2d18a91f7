import numpy as np
import pytest
from spoken import RATE_HZ, conversation

from cuetrack.errors import PeopleError
from cuetrack.people.channels import heard_spans
from cuetrack.people.crosstalk import same_sound
from cuetrack.people.diarise import best_path
from cuetrack.people.speech import listen

VOICES = {"a": {"f0_hz": 120, "tract": 0.95}, "b": {"f0_hz": 210, "tract": 1.12}}
TURNS = [
    ("a", 1, 4), ("b", 4.5, 7), ("a", 7.4, 8), ("b", 7.9, 12), ("a", 12.3, 16), ("b", 14, 14.6), ("b", 17, 19),
]  # fmt: skip
SECONDS = 20


@pytest.fixture(scope="module")
def channels():
    return conversation(TURNS, VOICES, SECONDS)


def spoken(heard):
    return [
        (person, row.start_s, row.end_s)
        for person, track in heard.speech.items()
        for row in track.spans.itertuples()
        if row.label == "speech"
    ]


def error_rate(truth, found, seconds):
    """Diarisation error rate by pyannote.metrics, no collar, overlap scored."""
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotated(rows):
        out = Annotation()
        for i, (person, start, end) in enumerate(rows):
            out[Segment(start, end), i] = person
        return out

    rate = DiarizationErrorRate(collar=0, skip_overlap=False)
    return rate(annotated(truth), annotated(found), uem=Timeline([Segment(0, seconds)]))


def edge_errors(truth, found):
    for person, start, end in truth:
        own = [(s, e) for p, s, e in found if p == person]
        yield min(abs(s - start) for s, _ in own)
        yield min(abs(e - end) for _, e in own)


@pytest.mark.parametrize("leak_db", [None, -20, -14])
def test_a_channel_each_gives_turns_to_the_frame_with_and_without_crosstalk(channels, leak_db):
    gain = 0 if leak_db is None else 10 ** (leak_db / 20)
    mixed = {"a": channels["a"] + gain * channels["b"], "b": channels["b"] + gain * channels["a"]}
    heard = listen(mixed, ["a", "b"])
    found = spoken(heard)
    assert error_rate(TURNS, found, SECONDS) <= 0.03
    assert np.mean(list(edge_errors(TURNS, found))) <= 0.06
    assert heard.speech["a"].source == "own_channel"


def test_an_echo_that_comes_late_is_not_speech(channels):
    late = np.roll(channels["b"], int(0.25 * RATE_HZ)) * 0.1
    found = spoken(listen({"a": channels["a"] + late, "b": channels["b"]}, ["a", "b"]))
    assert error_rate(TURNS, found, SECONDS) <= 0.03


def test_both_speaking_counts_as_both(channels):
    found = spoken(listen(channels, ["a", "b"]))
    assert any(p == "b" and s < 14.1 and e > 14.5 for p, s, e in found)
    assert any(p == "a" and s < 12.5 and e > 15.8 for p, s, e in found)


def test_a_start_time_moves_all_and_each_may_have_their_own(channels):
    plain = spoken(listen(channels, ["a", "b"]))
    cut = int(0.5 * RATE_HZ)
    moved = listen({"a": channels["a"], "b": channels["b"][cut:]}, ["a", "b"], start_s={"a": 10.0, "b": 10.5})
    for (p, s, e), (q, t, f) in zip(plain, spoken(moved), strict=True):
        assert p == q
        assert t - s == pytest.approx(10, abs=0.03)
        assert f - e == pytest.approx(10, abs=0.03)
    assert moved.sound["b"].time_s[0] == 10.5


def test_two_equal_channels_are_one_mix_and_two_different_are_one_each(channels):
    mix = channels["a"] + channels["b"]
    assert same_sound(mix, 0.5 * mix)
    assert not same_sound(channels["a"], channels["b"])
    heard = listen(np.stack([mix, 0.5 * mix]), ["a", "b"])
    assert heard.speech["a"].source == "voice_clusters"
    assert any("same sound" in note for note in heard.warnings)
    assert listen(np.stack([channels["a"], channels["b"]]), ["a", "b"]).speech["b"].source == "own_channel"


def test_two_voices_in_one_channel_are_told_apart_and_named(channels):
    mix = channels["a"] + channels["b"]
    heard = listen(mix, ["a", "b"])
    assert error_rate(TURNS, spoken(heard), SECONDS) <= 0.12
    assert error_rate([t for t in TURNS if t[0] == "a"], [s for s in spoken(heard) if s[0] == "a"], SECONDS) <= 0.2
    assert any("not known" in note for note in heard.warnings)
    other = listen(mix, ["a", "b"], speaker_a="b")
    assert {("b" if p == "a" else "a", s, e) for p, s, e in spoken(heard)} == set(spoken(other))
    sample = listen(mix, ["b", "a"], known={"a": (1.0, 4.0)})
    assert {(p, s, e) for p, s, e in spoken(sample)} == set(spoken(heard))
    assert np.nanmedian(heard.sound["a"].f0_hz) == pytest.approx(120, rel=0.1)
    assert np.nanmedian(heard.sound["b"].f0_hz) == pytest.approx(210, rel=0.1)


def test_a_quiet_room_is_heard_but_holds_no_speech():
    quiet = np.random.default_rng(0).normal(0, 5e-4, 2 * RATE_HZ).astype(np.float32)
    heard = listen({"a": quiet}, ["a", "b"])
    assert not len(heard.speech["a"].spans)
    assert heard.speech["a"].heard == ((0.0, 2.0),)
    assert not len(listen(quiet, ["a", "b"]).speech["b"].spans)


def test_dropouts_and_gaps_are_not_heard_but_a_muting_call_is():
    noise = np.full(1000, -60.0)
    dropped = noise.copy()
    dropped[300:340] = -120
    assert heard_spans(dropped, 5.0, 160_000, ()) == ((5.0, 8.0), (8.4, 15.0))
    muted = np.where(np.arange(1000) % 100 < 50, -120.0, -30.0)
    assert heard_spans(muted, 0.0, 160_000, ()) == ((0.0, 10.0),)
    assert heard_spans(noise, 0.0, 160_000, ((2.0, 3.0),)) == ((0.0, 2.0), (3.0, 10.0))


@pytest.mark.parametrize(
    ("give", "says"),
    [
        ({"people": ["a", "b"], "rate_hz": 8000}, "16000 Hz, got 8000"),
        ({"people": ["a", "b", "c"]}, "one or two people"),
        ({"people": ["x", "y"]}, "the people are x, y"),
        ({"people": ["a", "b"], "speaker_a": "z"}, "'z' is none of the people"),
    ],
)
def test_what_does_not_fit_is_said(give, says):
    silent = {"a": np.zeros(160, np.float32), "b": np.ones(160, np.float32)}
    with pytest.raises(PeopleError, match=says):
        listen(silent, **give)


def test_the_likeliest_path_keeps_its_shortest_stay():
    score = np.zeros((30, 3))
    score[:10, 0] = score[10:20, 2] = score[20:, 1] = 1.0
    score[4, 0], score[4, 1] = 0.0, 2.0
    path = best_path(score, 5, -1.0)
    assert path.tolist() == [0] * 10 + [2] * 10 + [1] * 10


@pytest.mark.media
def test_two_real_voices_in_one_channel(media):
    import soundfile

    wave, _ = soundfile.read(media / "audio_2spk" / "sample.wav", dtype="float32")
    lines = (line.split() for line in (media / "audio_2spk" / "sample.rttm").read_text().splitlines())
    truth = [(f[7], float(f[3]), float(f[3]) + float(f[4])) for f in lines]
    names = {"a": "speaker90", "b": "speaker91"}
    heard = listen(wave, ["a", "b"], speaker_a="a")
    found = [(names[p], s, e) for p, s, e in spoken(heard)]
    assert error_rate(truth, found, 30) <= 0.20


def test_silence_is_nobodys_speech(channels):
    silent = np.zeros_like(channels["b"])
    heard = listen({"a": channels["a"], "b": silent}, ["a", "b"], source="own_file")
    assert set(heard.speech) == set(heard.sound) == {"a"}
    assert heard.warnings == ["b's sound is silent: voice and speech are missing"]
    assert error_rate([t for t in TURNS if t[0] == "a"], spoken(heard), SECONDS) <= 0.03
    assert listen(np.stack([silent, silent]), ["a", "b"]).speech == {}


def test_who_is_not_heard_any_more_leaves_no_track(channels, tmp_path):
    from cuetrack.people.heard import load_sound_tracks, save_sound_tracks

    both = listen(channels, ["a", "b"])
    save_sound_tracks(tmp_path, both.speech, both.sound)
    alone = listen({"a": channels["a"]}, ["a"])
    save_sound_tracks(tmp_path, alone.speech, alone.sound)
    speech, sound = load_sound_tracks(tmp_path)
    assert set(speech) == set(sound) == {"a"}

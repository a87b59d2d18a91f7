"""The report page holds what the session holds, nothing of anyone's else, and needs nothing from outside."""

import re
import struct
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest
from written_session import write_session

from cuetrack.export.report import write_report
from cuetrack.export.report.charts import session_chart
from cuetrack.export.report.pose import Shelf, draw_posture, face_box, thumbnail
from cuetrack.export.report.svg import Drawing, binned
from cuetrack.export.report.wording import chance
from cuetrack.moments.shown import against_usual
from cuetrack.people.shelf import pack_px, part_path, write_part
from cuetrack.people.tracks import FACE_POINTS
from cuetrack.session import open_session
from cuetrack.simulate.script import demo_script
from cuetrack.store.folder import SessionFolder

VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Collects tags, ids, links and text, and that tags close in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.sources, self.words, self.open = [], [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            elif name == "href":
                self.links.append(value)
            elif name == "src":
                self.sources.append(value)
            assert not name.startswith("on")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(self.words)


def read(session, path, **options):
    write_report(session, path, **options)
    text = path.read_text(encoding="utf-8")
    return text, Page(text)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return write_session(
        tmp_path_factory.mktemp("report") / "demo.cue",
        demo_script(),
        surrogates=4,
        warnings=('The picture is <b>dark</b> & "small".',),
    )


def add_tracks(session, *, at_s):
    """Write picture tracks in which both people hold still, the second one's face hidden."""
    size, n = (640, 360), 40
    time = at_s - 2 + np.arange(n) / 10
    arrays = {}
    for k in range(2):
        body = np.zeros((n, 33, 3)) + np.array([160 + 320 * k, 200, 0])
        body[:, 11] = [200 + 320 * k, 220, 0]
        body[:, 12] = [120 + 320 * k, 220, 0]
        body[:, 13] = [210 + 320 * k, 300, 0]
        face = np.random.default_rng(k).uniform(-30, 30, (len(FACE_POINTS), 3)) + np.array([160 + 320 * k, 120, 0])
        arrays |= {
            f"p{k}/body/time_s": time,
            f"p{k}/body/points_px": pack_px(body, size),
            f"p{k}/body/visibility": np.ones((n, 33), np.float32),
            f"p{k}/face/time_s": time,
            f"p{k}/face/points_px": pack_px(np.broadcast_to(face, (n, *face.shape)), size),
            f"p{k}/face/confidence": np.full(n, 1.0 - k, np.float32),
        }
    path = part_path(session.folder.tracks, 0, int(at_s // 300))
    write_part(path, arrays, {"people": list(session.people), "frame_size_px": size})
    return path


def test_whole_page(session, tmp_path):
    text, page = read(session, tmp_path / "report.html")
    assert page.open == []
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"https?://|@import|url\((?!#)", text)
    assert "default-src 'none'" in text
    assert {"summary", "timeline", "moments", "coverage", "warnings", "methods"} <= set(page.ids)
    assert len(text) < 400_000


def test_moments_with_evidence_and_without_controls(session, tmp_path):
    _, page = read(session, tmp_path / "report.html")
    moments = session.moments
    assert moments["control"].any()
    for row in moments.to_dict("records"):
        assert (f"moment-{row['rank']}" in page.ids) == (not row["control"])
    shown = set(moments.loc[~moments["control"], "rank"])
    for row in session.evidence.to_dict("records"):
        if row["rank"] in shown:
            assert f"{row['person']}: {row['text']}" in page.text
    assert "kept for blind review" in page.text


def test_words_stay_with_what_was_seen(session, tmp_path):
    _, page = read(session, tmp_path / "report.html")
    told = page.text.replace("does not recognise emotions, intentions or mental states, does not diagnose", "").lower()
    for word in ("resistan", "hostile", "defensive", "disengaged", "angry", "sad ", "rupture", "withdraw", "alliance"):
        assert word not in told


def test_warnings_and_names_are_escaped(session, tmp_path):
    text, page = read(session, tmp_path / "report.html")
    assert 'The picture is <b>dark</b> & "small".' in page.text
    assert "<b>dark" not in text
    folder = SessionFolder(tmp_path / "odd.cue")
    folder.describe({"name": '<script>"x"', "people": {"<i>a": {}, 'b"': {}}, "duration_s": 60.0})
    odd, shown = read(open_session(folder.path), tmp_path / "odd.html")
    assert "script" not in shown.tags
    assert "<i>a" not in odd
    assert '<script>"x"' in shown.text


@pytest.mark.parametrize("people", [(), ("client",), ("client", "therapist")])
def test_little_measured_still_gives_a_page(tmp_path, people):
    folder = SessionFolder(tmp_path / "bare.cue")
    folder.describe({"name": "bare", "people": {p: {} for p in people}, "duration_s": 12.0})
    _, page = read(open_session(folder.path), tmp_path / "bare.html")
    assert page.open == []
    assert "No moments were ranked" in page.text
    assert "No cue was measured" in page.text


def test_postures_at_the_peak(session, tmp_path):
    peak = float(session.moments["peak_s"].iloc[0])
    path = add_tracks(session, at_s=peak)
    try:
        text, page = read(session, tmp_path / "report.html")
        assert text.count('class="pose"') == 2
        assert "img" not in page.tags
        _, with_faces = read(session, tmp_path / "faces.html", faces=True)  # no recording is in its place
        assert "img" not in with_faces.tags
        first, second = (Shelf(session.folder.tracks).posture(p, peak) for p in session.people)
        np.testing.assert_allclose(first.body_px[11], [200, 220], atol=0.1)
        assert np.isfinite(first.face_px).all()
        assert np.isnan(second.face_px).all()
        assert draw_posture(first, "a", 0, "now").count("thin") == 7
        assert "thin" not in draw_posture(second, "b", 1, "now")
        left, top, right, bottom = face_box(first, (360, 640))
        assert left < 130
        assert right > 190
        assert top < 90 < 150 < bottom
        assert face_box(second, (360, 640)) is None
        path.write_bytes(b"damaged")
        assert Shelf(session.folder.tracks).posture(session.people[0], peak) is None
    finally:
        path.unlink()


def test_thumbnail_is_a_png_of_the_crop():
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[20:40, 30:60] = [200, 100, 50]
    import base64

    data = base64.b64decode(thumbnail(picture, (30, 20, 60, 40), side=10).split(",")[1])
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (10, 6)
    length = struct.unpack(">I", data[33:37])[0]
    rows = np.frombuffer(zlib.decompress(data[41 : 41 + length]), np.uint8).reshape(height, 1 + 3 * width)
    assert (rows[:, 0] == 0).all()
    assert (rows[:, 1:].reshape(height, width, 3) == [200, 100, 50]).all()


def test_drawing_breaks_lines_at_gaps_and_escapes():
    drawing = Drawing(10, 10, 'a "<label>"')
    drawing.curve(np.arange(4.0), np.array([1, np.nan, 2, 3]), "line0")
    drawing.text(1, 1, "<&>", link="x")
    text = str(drawing)
    assert 'd="M0 1M2 2L3 3"' in text
    assert "&lt;&amp;&gt;" in text
    assert "<label>" not in text
    np.testing.assert_allclose(binned(np.array([1.0, 3, np.nan, np.nan]), 2), [2, np.nan])


def test_session_chart_numbers_link_to_their_cards(session):
    found = against_usual(session.samples, session.all_spans(), session.people, duration_s=session.duration_s)
    moments = session.moments[~session.moments["control"]]
    chart = session_chart(found, session.spans("turns"), moments)
    assert all(f'href="#moment-{rank}"' in chart for rank in moments["rank"])


def test_chance_in_words():
    assert "about 2.0 times an hour" in chance(2.0)
    assert "less than once in 20 hours" in chance(0.01)
    assert "not measured" in chance(float("nan"))

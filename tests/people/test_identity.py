import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuetrack.people import appearance
from cuetrack.people.boxes import Box, body_window
from cuetrack.people.identity import Known, Tracklet, assign


def look(seed: int, noise: float = 0.0, when: int = 0) -> np.ndarray:
    """Colours of one person, seen a little differently each time."""
    rng, other = np.random.default_rng(seed), np.random.default_rng((seed, when))
    hist = rng.dirichlet(np.full(8, 0.4), 9) + noise * other.dirichlet(np.full(8, 1.0), 9)
    return (hist / hist.sum(axis=1, keepdims=True)).ravel().astype(np.float32)


def head(x: float, size: float = 60) -> Box:
    return Box(x - size / 2, 100, x + size / 2, 100 + size)


def stretch(n: int, start: float, end: float, x0: float, x1: float, who: int, *, near: bool = False, size: float = 60):
    return Tracklet(n, start, end, head(x0, size), head(x1, size), look(who, 0.15, n), near)


A, B, C = 11, 22, 33
NOBODY_KNOWN = {"client": Known(), "therapist": Known()}


def people_of(tracklets, known=NOBODY_KNOWN):
    claims, after = assign(tracklets, known)
    return {n: c.person for n, c in claims.items()}, claims, after


def test_left_and_right_are_named_by_place():
    who, claims, _ = people_of([stretch(1, 0, 10, 500, 500, B), stretch(2, 0, 10, 150, 150, A)])
    assert who == {1: "therapist", 2: "client"}
    assert claims[1].surety > 0.95


def test_they_keep_their_names_through_a_crossing():
    who, claims, _ = people_of(
        [
            stretch(1, 0, 4, 150, 290, A),
            stretch(2, 0, 4, 500, 330, B),
            stretch(3, 4, 5, 290, 340, A, near=True),
            stretch(4, 4, 5, 330, 290, B, near=True),
            stretch(5, 5, 10, 340, 500, A),
            stretch(6, 5, 10, 290, 150, B),
        ]
    )
    assert [who[n] for n in range(1, 7)] == ["client", "therapist"] * 3
    assert claims[3].surety <= 0.6
    assert claims[5].surety > 0.9


def test_when_the_followers_swap_in_a_crossing_looks_put_it_right():
    who, _, _ = people_of(
        [
            stretch(1, 0, 4, 150, 290, A),
            stretch(2, 0, 4, 500, 330, B),
            stretch(5, 5, 10, 290, 150, B),
            stretch(6, 5, 10, 340, 500, A),
        ]
    )
    assert (who[5], who[6]) == ("therapist", "client")


def test_who_leaves_and_comes_back_elsewhere_is_known_again():
    who, _, _ = people_of(
        [stretch(1, 0, 3, 150, 150, A), stretch(2, 0, 60, 500, 200, B), stretch(3, 50, 60, 600, 600, A)]
    )
    assert who == {1: "client", 2: "therapist", 3: "client"}


def test_a_cut_that_swaps_the_sides():
    who, _, _ = people_of(
        [
            stretch(1, 0, 5, 150, 150, A),
            stretch(2, 0, 5, 500, 500, B),
            stretch(3, 5, 9, 150, 150, B),
            stretch(4, 5, 9, 500, 500, A),
        ]
    )
    assert (who[3], who[4]) == ("therapist", "client")


def test_a_third_person_is_nobody_we_know():
    who, _, _ = people_of(
        [stretch(1, 0, 3, 150, 150, A), stretch(2, 0, 20, 500, 500, B), stretch(3, 15, 20, 1100, 1100, C, size=90)]
    )
    assert who[3] is None


def test_twins_are_told_apart_by_place_alone_and_less_surely():
    who, claims, _ = people_of(
        [
            stretch(1, 0, 5, 150, 150, A),
            stretch(2, 0, 5, 500, 500, A),
            stretch(3, 5.2, 9, 150, 150, A),
            stretch(4, 9.5, 12, 330, 330, A),
        ]
    )
    assert (who[1], who[2], who[3]) == ("client", "therapist", "client")
    assert claims[4].surety < 0.9


def test_what_is_known_goes_on_into_the_next_part():
    _, _, known = people_of([stretch(1, 0, 10, 150, 150, A), stretch(2, 0, 10, 500, 500, B)])
    who, _, _ = people_of([stretch(1, 20, 25, 150, 150, B), stretch(2, 20, 25, 500, 500, A)], known)
    assert who == {1: "therapist", 2: "client"}


def test_someone_alone_owns_every_stretch_that_looks_like_them():
    who, _, _ = people_of([stretch(1, 0, 5, 150, 150, A), stretch(2, 7, 9, 300, 300, A)], {"client": Known()})
    assert who == {1: "client", 2: "client"}


def test_nothing_seen_is_nothing_claimed():
    assert assign([], NOBODY_KNOWN) == ({}, NOBODY_KNOWN)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0.6, 5), st.sampled_from([A, B]), st.floats(50, 900)), min_size=2, max_size=12))
def test_nobody_is_in_two_places_at_once_and_order_does_not_matter(pieces):
    tracklets, ends = [stretch(100, 0, 2, 100, 100, A), stretch(101, 0, 2, 600, 600, B)], {A: 2.0, B: 2.0}
    for n, (length, who, x) in enumerate(pieces):
        start = ends[who] + 0.5
        ends[who] = start + length
        tracklets.append(stretch(n, start, ends[who], x, x, who))
    claims, _ = assign(tracklets, NOBODY_KNOWN)
    again, _ = assign(tracklets[::-1], NOBODY_KNOWN)
    assert claims == again
    for i, a in enumerate(tracklets):
        assert 0 <= claims[a.number].surety <= 1
        for b in tracklets[:i]:
            both = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
            if both > 0.5 and claims[a.number].person is not None:
                assert claims[a.number].person != claims[b.number].person


def test_looks_of_a_blue_and_a_red_person_are_far_apart_and_light_matters_little():
    rng = np.random.default_rng(0)

    def person(shirt: tuple[int, int, int], light: float) -> np.ndarray:
        picture = np.full((300, 300, 3), 120.0)
        picture[30:80, 110:190] = (40, 30, 25)
        picture[80:160, 110:190] = (200, 160, 140)
        picture[175:300, 60:240] = shirt
        return np.clip(picture * light + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)

    face = Box(110, 80, 190, 160)
    blue, dimmed, red = (
        appearance.describe(person(shirt, light), face)
        for shirt, light in (((40, 60, 160), 1.0), ((40, 60, 160), 0.85), ((160, 40, 40), 1.0))
    )
    assert appearance.distance(blue, blue) == pytest.approx(0, abs=1e-3)
    assert appearance.distance(blue, dimmed) < 0.6 * appearance.distance(blue, red)


def test_a_region_outside_the_picture_is_missing_and_left_out():
    picture = np.full((200, 200, 3), 90, np.uint8)
    low = appearance.describe(picture, Box(60, 140, 140, 199))
    assert np.isnan(low).any()
    assert appearance.distance(low, appearance.describe(picture, Box(60, 60, 140, 120))) == pytest.approx(0, abs=0.05)


def test_two_body_windows_meet_between_the_people():
    left, right = head(300), head(420)
    assert body_window(left, [right]).right == pytest.approx(360)
    assert body_window(right, [left]).left == pytest.approx(360)
    assert body_window(left, [head(310)]).right > 400  # one before the other: no line between them

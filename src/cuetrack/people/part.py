"""One part of one view, from its frames to its tracks, and how often it is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cuetrack.media.frames import FrameReader
from cuetrack.people import assemble, scene, shelf
from cuetrack.people.boxes import Box
from cuetrack.people.feeder import Feeder
from cuetrack.people.find import Finder, FoundPerson
from cuetrack.people.follow import PersonFollower, Sample
from cuetrack.people.memory import give_back_memory

if TYPE_CHECKING:
    from cuetrack.media.probe import MediaInfo
    from cuetrack.people.watch import View, WatchSettings

_BLOCK = 6
_SEARCH_LOST_S = 0.5
_FREE_EVERY_S = 10.0  # what threads freed and glibc kept came to 100 MB more by the end of a part
_CAMERA_HZ = 7.5  # the background is read so often; what lies between is drawn straight
_ONE_THREAD_PX = 1920 * 1088  # larger pictures are decoded by several threads, or everything would wait for them
_COLLIDE = 0.5
_NEAR = 1.1  # middles of two heads within so many head sizes: they could be taken for each other


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look: every so many seconds for the face, every so many samples for body, torso and background."""

    step_s: float
    shortest_s: float
    body_every: int
    torso_every: int
    camera_every: int

    @classmethod
    def of(cls, source_hz: float, settings: WatchSettings) -> Pace:
        """Divide the recording's own rate by whole numbers, so that samples come evenly."""
        every = max(1, round(source_hz / settings.face_hz))
        face_hz = source_hz / every
        body = max(1, round(face_hz / settings.body_hz))
        torso = max(1, math.floor(face_hz / settings.torso_hz))
        camera = max(1, round(face_hz / _CAMERA_HZ))
        return cls(every / source_hz, (every - 0.5) / source_hz, body, torso, camera)

    @property
    def rates_hz(self) -> dict[str, float]:
        """Samples per second of each kind."""
        hz = 1 / self.step_s
        return {"face": hz, "body": hz / self.body_every, "torso": hz / self.torso_every}


class Part:
    """The work on one part: feeds blocks, keeps the followers, settles who collides with whom."""

    def __init__(
        self,
        view: View,
        people: Mapping[str, str],
        info: MediaInfo,
        settings: WatchSettings,
        pace: Pace,
        start_s: float,
        end_s: float,
        cores: Sequence[int | None],
    ) -> None:
        assert info.video is not None
        self.view, self.people, self.settings, self.pace = view, people, settings, pace
        self.start_s, self.end_s = start_s, end_s
        self.cores = cores
        self.size_px = (info.video.width_px, info.video.height_px)
        self.reader = FrameReader(
            view.path,
            {"every": None},
            start_s=max(0.0, start_s - settings.warm_up_s),
            end_s=None if math.isinf(end_s) else end_s,
            one_thread=math.prod(self.size_px) <= _ONE_THREAD_PX,
        )
        self.followers: list[PersonFollower] = []
        self.light: list[tuple[float, float, float, bool]] = []
        self.camera: list[tuple[float, float]] = []
        self.near: set[int] = set()
        self.crowd = self.searches = self.tracklets = 0
        self._near_now = False
        self._searched_s = self._freed_s = -math.inf
        self._unread = 0  # samples whose background was not read yet

    def run(
        self, state: Mapping[str, Any], tell: Callable[[float], None], should_stop: Callable[[], bool] | None
    ) -> tuple[shelf.Arrays, dict[str, Any]] | None:
        """Return the part's arrays and description, None if it was stopped."""
        finder = Finder()
        camera = scene.Camera()
        feeder = Feeder(self._blocks())
        try:
            self.followers = [PersonFollower(self.size_px, self.settings.body_model, core) for core in self.cores]
            with ThreadPoolExecutor(len(self.followers) + 2) as pool:
                for block in feeder:
                    if should_stop and should_stop():
                        return None
                    first = block[0]
                    looking = self._look(pool, finder, first)
                    heads = [f.head for f in self.followers if f.head is not None]
                    jobs = [pool.submit(f.read, block) for f in self.followers]
                    jobs.append(pool.submit(self._read_camera, camera, block, heads))
                    for job in jobs:
                        job.result()
                    if looking is not None:
                        found = looking.result()
                        if self._all_followed:  # who was lost meanwhile is looked for in the next block
                            self._place(found, block[-1])
                    self._settle(block)
                    self._give_back(first.time_s)
                    tell(block[-1].time_s)
        finally:
            feeder.stop()
            finder.close()
            for follower in self.followers:
                follower.close()
        return assemble.part(self, state)

    def _blocks(self) -> Iterator[list[Sample]]:
        """Yield blocks of samples; a cut begins a new block."""
        light = scene.Light()
        block: list[Sample] = []
        last_s, number, before = -math.inf, 0, None
        for frame in self.reader:
            if frame.time_s - last_s < self.pace.shortest_s:
                continue
            last_s = frame.time_s
            mean, step, cut = light.read(frame.luma, frame.time_s)
            self.light.append((frame.time_s, mean, step, cut))
            wants_torso = number % self.pace.torso_every == 0
            small = scene.small(frame.luma)[:, :: -1 if self.view.mirrored else 1] if wants_torso else None
            _ = frame.rgb  # converted here, while the engines work
            wants_body = number % self.pace.body_every == 0
            sample = Sample(number, frame.time_s, frame, wants_body, small, before, cut, self.view.mirrored)
            before = small if wants_torso else before
            number += 1
            if block and (cut or len(block) == _BLOCK):
                yield block
                block = []
            block.append(sample)
        if block:
            yield block

    def _read_camera(self, camera: scene.Camera, block: list[Sample], heads: list[Box]) -> None:
        from cuetrack.people.boxes import body_window

        bodies = [body_window(h, [o for o in heads if o is not h]) for h in heads]
        for sample in block:
            if not sample.cut and sample.number % self.pace.camera_every:
                self.camera.append((0.0, self.camera[-1][1]))
                self._unread += 1
                continue
            shift, y = camera.read(sample.luma, sample.time_s, bodies, cut=sample.cut)
            steps = 1 if sample.cut else 1 + self._unread
            self._unread = 0
            before = self.camera[-steps][1] if self.camera else y
            for k in range(1, steps):
                self.camera[k - steps] = (shift / steps, before + (y - before) * k / steps)
            self.camera.append((shift / steps, y))

    def _give_back(self, time_s: float) -> None:
        """Hand back freed memory; more often at first, when a part took 60 MB more than ever after."""
        if time_s - self._freed_s >= min(_FREE_EVERY_S, max(1.0, (time_s - self.reader.start_s) / 2)):
            give_back_memory()
            self._freed_s = time_s

    def _look(self, pool: ThreadPoolExecutor, finder: Finder, first: Sample) -> Future[list[FoundPerson]] | None:
        """Look at the whole picture if it is time to; return what is still being looked for, if nobody waits for it."""
        lost = not self._all_followed
        wait = _SEARCH_LOST_S if lost else self.settings.search_s
        if not first.cut and first.time_s - self._searched_s < wait:
            return None
        self._searched_s = first.time_s
        looking = pool.submit(finder.faces, first.rgb, expected=len(self.followers))
        if not first.cut and not lost:
            return looking
        self._place(looking.result(), first)
        return None

    @property
    def _all_followed(self) -> bool:
        return all(f.active for f in self.followers)

    def _place(self, found: Sequence[FoundPerson], sample: Sample) -> None:
        """Take what was seen on the whole picture: who is followed keeps following, who is free is given a follower."""
        self.searches += 1
        self.crowd += len(found) > len(self.followers)
        free: list[FoundPerson] = list(found)
        if sample.cut:
            for follower in self.followers:
                follower.stop()
        for follower in self.followers:
            own = [p for p in free if follower.head is not None and _close(p, follower.head)]
            if own:
                free.remove(own[0])
            elif follower.active and free and sample.time_s - follower.last_face_s > self.settings.search_s:
                follower.stop()
        for follower in self.followers:
            if not follower.active and free:
                person = free.pop(0)
                assert person.face_box_px is not None
                follower.start(person.face_box_px, self._new_tracklet(), sample.time_s)

    def _new_tracklet(self) -> int:
        self.tracklets += 1
        return self.tracklets

    def _settle(self, block: list[Sample]) -> None:
        """After a block: part those who follow the same face, and open new stretches where two come near each other."""
        heads = [f.head for f in self.followers]
        for i, follower in enumerate(self.followers):
            follower.others = [h for j, h in enumerate(heads) if j != i and h is not None]
        if len(self.followers) < 2:
            return
        one, two = self.followers
        for sample, a, b in zip(block, one.rows[-len(block) :], two.rows[-len(block) :], strict=True):
            if a.head is None or b.head is None:
                continue
            if a.face and b.face and a.face.overlap(b.face) > _COLLIDE:
                self._part_ways(sample)
                return
            near = math.dist(a.head.centre, b.head.centre) < _NEAR * max(a.head.width, b.head.width)
            if near != self._near_now:
                self._near_now = near
                for follower in self.followers:
                    self._split(follower, sample.number)
                    if near:
                        self.near.add(follower.tracklet)

    def _split(self, follower: PersonFollower, number: int) -> None:
        """Begin a new stretch of a follower at a sample."""
        if follower.tracklet < 0:
            return
        old, new = follower.tracklet, self._new_tracklet()
        for row in reversed(follower.rows):
            if row.number < number:
                break
            if row.tracklet == old:
                row.tracklet = new
        follower.tracklet = new

    def _part_ways(self, sample: Sample) -> None:
        """Two follow the same face from this sample on: the one who moved further to get there is lost."""
        moved = []
        for follower in self.followers:
            past = [r.head for r in follower.rows if r.head and sample.number - 15 <= r.number < sample.number]
            now = next(r.head for r in follower.rows if r.number == sample.number)
            moved.append(math.dist(past[0].centre, now.centre) if past and now else math.inf)
        loser = self.followers[moved.index(max(moved))]
        for i, row in enumerate(loser.rows):
            if row.number >= sample.number:
                loser.rows[i] = replace(row, tracklet=-1, head=None, face=None, body=None, pose_px=None)
        loser.stop()
        self._near_now = False
        for follower in self.followers:
            self._split(follower, sample.number)


def _close(person: FoundPerson, head: Box) -> bool:
    box = person.face_box_px
    return box is not None and math.dist(box.centre, head.centre) < 0.8 * max(box.width, head.width)

"""Who gets a core of their own, and that nothing stays bound afterwards."""

import os
import threading

import pytest

from cuetrack.people.cores import cores_for, on_core

linux = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no threads to cores")


@pytest.mark.parametrize(
    ("usable", "people", "expected"),
    [({3, 5}, 2, [3, 5]), ({0, 1, 2, 3}, 2, [None, None]), ({0}, 2, [None, None]), ({0}, 1, [None])],
)
def test_only_where_there_are_just_as_many_cores_as_people(usable, people, expected, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: usable, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None, raising=False)
    assert cores_for(people) == expected


def test_a_system_without_the_call_binds_nobody(monkeypatch):
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    assert cores_for(2) == [None, None]
    with on_core(None):
        pass


@linux
def test_threads_started_inside_stay_and_ours_goes_back():
    before = os.sched_getaffinity(0)
    core = max(before)
    started, seen = threading.Event(), []

    def work() -> None:
        started.wait(10)
        seen.append(os.sched_getaffinity(0))

    with on_core(core):
        assert os.sched_getaffinity(0) == {core}
        thread = threading.Thread(target=work)
        thread.start()
    assert os.sched_getaffinity(0) == before
    started.set()
    thread.join()
    assert seen == [{core}]

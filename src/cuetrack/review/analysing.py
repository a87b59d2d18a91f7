"""The analysis as a process of its own, so that the page stays quick and Cancel really stops it.

The parent writes one JSON object as a line to standard input; this process answers with one JSON object a line: `stage`
and `done` 0..1 while it works, then `ready` with the session folder or `failed` in words. Nothing of it is in the
process list. When standard input ends, by Stop or because the parent died, this process tidies up and ends too.
"""

from __future__ import annotations

import _thread
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from cuetrack.errors import CuetrackError

TIDY_S = 8.0
"""Seconds that stopped work has to remove what it left half made."""


_stopping = threading.Event()


class _Stopped(Exception):
    """The work was stopped from outside."""


def main() -> int:
    """Read what to do from standard input, do it, and report each step as a line of JSON."""
    os.umask(0o077)
    os.nice(5) if hasattr(os, "nice") else None
    from cuetrack.people.engines import hush

    hush()
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        folder = example(Path(task["out"])) if task.get("example") else recording(task)
    except CuetrackError as error:
        _say(failed=str(error))
        return 1
    except (KeyboardInterrupt, _Stopped):
        return 130
    except MemoryError:
        _say(failed="there is not enough memory for this recording; close other programs and try again")
        return 1
    except Exception as error:
        _say(failed=f"an unexpected fault: {type(error).__name__}; `cuetrack analyze` on the same file says more")
        return 1
    _say(ready=str(folder))
    return 0


def recording(task: dict[str, Any]) -> Path:
    """Analyse what was added: one file with people by place, or one file per person."""
    from cuetrack.pipeline import analyze

    session = analyze(task["recordings"], people=task["people"] or None, out=task["out"], progress=_progress)
    return session.folder.path


def example(out: Path) -> Path:
    """Render the simulated example and analyse it; what is there already is used again."""
    from cuetrack import simulate
    from cuetrack.pipeline import analyze

    script = simulate.demo_script()
    rendered = simulate.cached(script, progress=lambda done: _progress("rendering", done))
    people = {p.name: p.place for p in script.people}
    return analyze(rendered.path, people=people, out=out, progress=_progress).folder.path


def _end_with_parent() -> None:
    """Wait for the end of standard input, then stop the work; what does not stop by itself is ended."""
    sys.stdin.read()
    _stopping.set()
    _thread.interrupt_main()
    time.sleep(TIDY_S)
    os._exit(130)


def _progress(stage: str, done: float) -> None:
    if _stopping.is_set():
        raise _Stopped  # in whichever thread works: all of them end
    _say(stage=stage, done=round(done, 4))


def _say(**told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

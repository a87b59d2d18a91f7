"""Sessions on a Dask cluster that is there already: one task each, results on a disk that all machines share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from cuetrack.batch.child import run_child
from cuetrack.batch.entry import Entry
from cuetrack.batch.outcome import Outcome, failed
from cuetrack.errors import CuetrackError
from cuetrack.store.provenance import package_versions

_CONNECT_S = 30


def run_on_cluster(
    entries: Sequence[Entry],
    out: Path,
    settings: Mapping[str, Any],
    scheduler: Any,
    ended: Callable[[Outcome], None],
) -> None:
    """Measure every entry on a cluster and call `ended` with each outcome.

    `scheduler` is an address, a scheduler file, or a `distributed.Client`. A session whose worker is lost is given to
    another by Dask, and goes on where the lost one stopped. Raises CuetrackError if no scheduler answers.
    """
    with _client(scheduler) as client:
        from distributed import as_completed

        version = package_versions(("cuetrack",))
        futures = {client.submit(analyse_on_worker, e, out, settings, version, pure=False): e for e in entries}
        for future in as_completed(futures):
            ended(_outcome(future, futures[future]))


def analyse_on_worker(entry: Entry, out: Path, settings: Mapping[str, Any], version: Mapping[str, str]) -> Outcome:
    """Run on a worker: see that it is the same cuetrack and has the right model files, then measure one session."""
    from cuetrack.people import weights

    own = package_versions(("cuetrack",))
    if own != version:
        return failed(
            entry, f"a worker has cuetrack {own}, expected {dict(version)}: install the same on every machine"
        )
    try:
        for name in weights.BUNDLES:
            weights.find(name)  # by its SHA-256; fetched where it is nowhere, refused where it is another
    except CuetrackError as error:
        return failed(entry, f"on a worker: {error}")
    return run_child(entry, out, settings)


def _outcome(future: Any, entry: Entry) -> Outcome:
    try:
        outcome: Outcome = future.result()
        return outcome
    except BaseException as error:  # CancelledError of a lost scheduler is not an Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return failed(entry, f"lost on the cluster: {type(error).__name__}: {error}")


def _client(scheduler: Any) -> AbstractContextManager[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise CuetrackError("a cluster needs Dask: pip install 'cuetrack[cluster]', then run again") from None
    if isinstance(scheduler, Client):
        return nullcontext(scheduler)
    where = {"scheduler_file": scheduler} if Path(scheduler).is_file() else {"address": scheduler}
    try:
        client: AbstractContextManager[Any] = Client(**where, timeout=_CONNECT_S)
    except (OSError, ValueError, KeyError) as error:
        raise CuetrackError(
            f"{scheduler}: expected a Dask scheduler's address (tcp://HOST:8786) or its scheduler file; nothing "
            f"answers there ({error})"
        ) from None
    return client

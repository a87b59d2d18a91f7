"""Each person's consent in `session.toml`, and the refusal once it is withdrawn.

[consent]
note = "signed forms in the practice's files"

[consent.client]
given = true
date = "2026-03-03"
scope = "supervision"
withdrawn = ""
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cuetrack.errors import ConsentWithdrawn, StoreError

_NOTE = "note"


@dataclass(frozen=True, slots=True)
class Consent:
    """One person's consent: `given`, its ISO `date`, `scope` in their words, and the ISO date it was `withdrawn`."""

    given: bool = False
    date: str = ""
    scope: str = ""
    withdrawn: str = ""

    @property
    def told(self) -> str:
        """The consent in words."""
        if self.withdrawn:
            return f"withdrawn on {self.withdrawn}"
        if not self.given:
            return "not given"
        return f"given{f' on {self.date}' if self.date else ''}{f' for {self.scope}' if self.scope else ''}"


def consents(description: Mapping[str, Any]) -> dict[str, Consent]:
    """Return what `session.toml` says by person; raise StoreError where it cannot be understood.

    An entry that cannot be understood may be a withdrawal, so it is never passed over.
    """
    stored = description.get("consent", {})
    if not isinstance(stored, Mapping):
        raise StoreError(f"session.toml: expected a table per person under consent, got {stored!r:.80}")
    found = {}
    for person, entry in stored.items():
        if person == _NOTE and isinstance(entry, str):
            continue
        if not isinstance(entry, Mapping):
            raise StoreError(f"session.toml: expected a table under consent.{person}, got {entry!r:.80}")
        found[str(person)] = _read(str(person), entry)
    return found


def refuse_if_withdrawn(description: Mapping[str, Any], folder: Path) -> None:
    """Raise ConsentWithdrawn, with the way to delete the session, if anyone in it took back their consent."""
    for person, consent in consents(description).items():
        if consent.withdrawn:
            raise ConsentWithdrawn(
                f"{folder}: {person} withdrew consent on {consent.withdrawn}; the session is not analysed, reviewed or "
                f"exported any more. To delete what was made from the recording: cuetrack delete {folder}"
            )


def with_consent(description: Mapping[str, Any], person: str, **changes: Any) -> dict[str, Any]:
    """Return the description with a person's consent changed; raise StoreError for what is not a date or a person."""
    if person not in description.get("people", {}):
        known = ", ".join(description.get("people", {})) or "nobody"
        raise StoreError(f"{person!r} is not in this session; there is: {known}")
    changed = replace(consents(description).get(person, Consent()), **changes)
    _read(person, asdict(changed))
    return {**description, "consent": {**description.get("consent", {}), person: asdict(changed)}}


def _read(person: str, entry: Mapping[str, Any]) -> Consent:
    given, scope = entry.get("given", False), entry.get("scope", "")
    if not isinstance(given, bool) or not isinstance(scope, str):
        raise StoreError(f"session.toml: consent.{person} expects given = true or false and scope in words")
    return Consent(given, _day(person, entry, "date"), scope, _day(person, entry, "withdrawn"))


def _day(person: str, entry: Mapping[str, Any], key: str) -> str:
    """Return an ISO date, "" if there is none; both a TOML date and a text are taken."""
    value = entry.get(key, "")
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    try:
        return dt.date.fromisoformat(value).isoformat() if value else ""
    except (TypeError, ValueError):
        raise StoreError(
            f"session.toml: consent.{person}.{key} expects a date such as 2026-03-03, got {value!r:.80}"
        ) from None

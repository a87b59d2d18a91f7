"""Write what the wheel needs at run time as a CycloneDX 1.6 bill of materials (dist/cuetrack.cdx.json).

Everything comes from the metadata of what is installed here; nothing is asked on a network. The model files that are
fetched on first use are listed with their SHA-256. The same environment gives the same bytes.
"""

from __future__ import annotations

import json
import sys
import uuid
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(root: str) -> dict[str, list[str]]:
    """Return every package needed without extras, with the names of what it needs itself."""
    found: dict[str, list[str]] = {}
    waiting = [canonicalize_name(root)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            needs = [Requirement(r) for r in distribution(name).requires or []]
        except PackageNotFoundError:
            continue  # for another system or Python
        wanted = [n for n in needs if n.marker is None or n.marker.evaluate({"extra": ""})]
        found[name] = sorted({canonicalize_name(n.name) for n in wanted})
        waiting += found[name]
    return {name: [n for n in needs if n in found] for name, needs in sorted(found.items())}


def component(name: str, kind: str = "library") -> dict[str, object]:
    """Return one package as a component."""
    known = distribution(name)
    about = known.metadata
    licences = about.get("License-Expression")
    classified = [c.split(" :: ")[-1] for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    stated = licences or " / ".join(classified) or (about.get("License") or "not stated").splitlines()[0][:80]
    return {
        "type": kind,
        "bom-ref": f"pkg:pypi/{name}@{known.version}",
        "name": about["Name"],
        "version": known.version,
        "purl": f"pkg:pypi/{name}@{known.version}",
        "licenses": [{"expression": licences}] if licences else [{"license": {"name": stated}}],
    }


def models() -> list[dict[str, object]]:
    """Return the model files as components."""
    from cuetrack.people.weights import BUNDLES

    return [
        {
            "type": "machine-learning-model",
            "bom-ref": f"model:{b.name}",
            "name": b.name,
            "description": f"{b.holds}; fetched on first use, not in the wheel",
            "hashes": [{"alg": "SHA-256", "content": b.sha256}],
            "licenses": [{"license": {"name": b.licence}}],
        }
        for b in BUNDLES.values()
    ]


def bill(root: str = "cuetrack") -> dict[str, object]:
    """Return the whole bill of materials."""
    needs = closure(root)
    parts = [component(name) for name in needs if name != root]
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(root, "application")},
        "components": [*parts, *models()],
        "dependencies": [
            {"ref": component(name)["bom-ref"], "dependsOn": [component(n)["bom-ref"] for n in wants]}
            for name, wants in needs.items()
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    return {"serialNumber": f"urn:uuid:{serial}", **content}


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "dist/cuetrack.cdx.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill(), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"wrote {target}\n")

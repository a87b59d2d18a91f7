"""The page's own modules joined into one, for places that load a single file, as a notebook does."""

from __future__ import annotations

import re
from importlib import resources

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) (\w+))", re.MULTILINE)
_STATIC = resources.files("cuetrack.review") / "static"


def text_of(name: str) -> str:
    """Return a file of the page, as `timeline.js`."""
    return (_STATIC / name).read_text(encoding="utf-8")


def one_module(entry: str) -> str:
    """Return the module `entry` (its name without .js) and all that it imports, as one that imports nothing.

    Every module keeps its own scope, so that equal names do not meet. Raises ValueError for an import that is not
    `import { names } from "./file.js";`.
    """
    parts: dict[str, str] = {}
    _add(entry, parts)
    whole = "\n".join(f"const ${name} = (() => {{\n{body}\n}})();" for name, body in parts.items() if name != entry)
    return f"{whole}\n{parts[entry]}"


def _add(name: str, parts: dict[str, str]) -> None:
    text = text_of(f"{name}.js")
    for needed in dict.fromkeys(_IMPORT.findall(text)):
        if needed[1] not in parts:
            _add(needed[1], parts)
    body = _IMPORT.sub(lambda m: f"const {{{m[1].replace(' as ', ': ')}}} = ${m[2]};\n", text)
    if left := re.search(r"^import .*", body, re.MULTILINE):
        raise ValueError(f'{name}.js: expected imports as import {{ names }} from "./file.js";, got {left.group()}')
    names = _EXPORT.findall(body)
    body = _EXPORT.sub("", body)
    parts[name] = f"{body}return {{ {', '.join(names)} }};" if names else body

"""Results of long runs, kept as they come, so that a run can be stopped and taken up again."""

import ast
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explainer.files import write_whole

_ROOT = Path(__file__).resolve().parent.parent.parent
_FOLDER = _ROOT / "build" / "kept"


class Kept:
    """Values by key, in a file under ``build``; what the code has changed for is made anew.

    Parameters
    ----------
    name : str
        Of the file.
    *sources : str
        Modules and folders that decide what comes out, such as ``explainer/lime``; what is written in them
        for people does not.
    folder : Path
        Where the file lies.
    """

    def __init__(self, name: str, *sources: str, folder: Path = _FOLDER) -> None:
        self.path = folder / f"{name}-{_digest(sources)}.json"
        self._values = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        """The value of a key: kept from before, or else made now."""
        if key not in self._values:
            self._values[key] = json.loads(json.dumps(make()))
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, json.dumps(self._values).encode())
            print(f"  {self.path.stem.rpartition('-')[0]}, {key}: done", flush=True)
        return self._values[key]


def _digest(sources: tuple[str, ...]) -> str:
    paths = [path for source in sources for path in sorted((_ROOT / source).rglob("*.py"))]
    paths += [_ROOT / source for source in sources if source.endswith(".py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if hasattr(node, "body") and isinstance(node.body, list):
            node.body = [part for part in node.body if not _is_docstring(part)]
    return hashlib.sha256("".join(map(ast.dump, trees)).encode()).hexdigest()[:12]


def _is_docstring(part: ast.AST) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)

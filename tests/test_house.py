"""The rooms of the house: what may import what, and whether docs/architecture.md says so.

``python -m tests.test_house`` prints the map that docs/architecture.md holds.
"""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "explainer"

# A room imports only what is in the lines above it. Modules and rooms of one line lie side by side.
FLOORS = [
    ["arguments", "errors", "files", "names", "recipe", "version"],
    ["photos"],
    ["classifiers"],
    ["lime"],
    ["judging"],
    ["reading"],
    ["words"],
    ["pictures"],  # which words on charts make follow them
    ["takeaway"],
    ["folders"],
    ["page"],
    ["commands"],  # of which one starts the page
    ["__init__", "__main__", "dashboard"],
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
GROUND = FLOORS[0]


def modules() -> dict[str, Path]:
    """All modules by their names from the house on, such as ``lime.explain``; a package is ``lime``."""
    names = {"dashboard": ROOT / "dashboard.py"}
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return names


MODULES = modules()


def room(module: str) -> str:
    return module.partition(".")[0]


def _only_for_the_type_checker(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """All imports, those in functions too; what only the type checker reads runs nothing, and is left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif _only_for_the_type_checker(child):
            yield from (found for part in child.orelse for found in _imports(part))
        else:
            yield from _imports(child)


def _targets(module: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """What an import names, by its full name."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        package = ["explainer", *module.split(".")]
        if MODULES[module].name != "__init__.py" or module == "__init__":
            package.pop()
        package = package[: len(package) - node.level + 1]
        base = ".".join([*package, *filter(None, [node.module])])
    for alias in node.names:
        inner = f"{base}.{alias.name}".removeprefix("explainer.")
        yield f"explainer.{inner}" if base.startswith("explainer") and inner in MODULES else base


def imported(module: str) -> set[str]:
    """The modules of the house and the top-level packages that a module imports."""
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    return {target for node in _imports(tree) for target in _targets(module, node)} - {""}


def in_the_house(module: str) -> set[str]:
    found = {name for name in imported(module) if name.partition(".")[0] == "explainer"}
    return {name.removeprefix("explainer.") if "." in name else "__init__" for name in found} - {module}


def map_of_rooms() -> str:
    """Each room and the rooms that it imports, lowest first, as docs/architecture.md shows them.

    Without the ground floor, which any room may import, and the entrances.
    """
    lines = []
    rooms = [name for floor in FLOORS[1:-1] for name in floor]
    for name in rooms:
        targets = {t for module in MODULES if room(module) == name for t in in_the_house(module)}
        used = {room(target) for target in targets} - {name}
        if targets:
            shown = [f"`{other}`" for other in rooms if other in used]
            lines.append(f"- `{name}` ← {', '.join(shown) or 'nothing'}")
    return "\n".join(lines)


def test_every_room_has_its_place():
    assert {*map(room, MODULES)} <= {*FLOOR}


def test_no_import_runs_up():
    found = {
        (module, target)
        for module in MODULES
        for target in in_the_house(module)
        if room(module) != room(target)
        and FLOOR[room(target)] >= FLOOR[room(module)]
        and not (room(module) in GROUND and room(target) in GROUND)  # of which circles are kept below
        and (module, target) != ("__main__", "__init__")
    }
    assert found == set()


def test_no_imports_run_in_a_circle():
    graph = {module: in_the_house(module) for module in MODULES if module != "__init__"}
    TopologicalSorter(graph).prepare()  # which raises a CycleError that names the circle


@pytest.mark.parametrize(
    ("packages", "allowed"),
    [
        ({"streamlit"}, lambda name: name in ("page", "dashboard")),
        (
            {"numpy", "scipy", "skimage", "sklearn", "tensorflow", "keras"},
            lambda name: name not in ("page", "commands", "dashboard", "__main__"),
        ),
    ],
    ids=["only the page knows Streamlit", "page and commands hold no numerics"],
)
def test_who_knows_what(packages: set[str], allowed):
    offenders = {
        module: found
        for module in MODULES
        if not allowed(room(module))
        and (found := {name.partition(".")[0] for name in imported(module)} & packages)
    }
    assert offenders == {}


def test_the_architecture_page_is_true():
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    (shown,) = re.findall(r"(?s)<!-- rooms -->\n(.*?)\n<!-- /rooms -->", page)
    assert shown == map_of_rooms(), "python -m tests.test_house prints what belongs there"


if __name__ == "__main__":
    print(map_of_rooms())

"""What the README, the pages in docs/ and the docstrings show works, and what they name is there."""

import argparse
import contextlib
import doctest
import importlib
import inspect
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from PIL import Image

import explainer
from explainer.__main__ import _parser as make_parser

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/**/*.md")])
# The public names that have no example yet; whoever writes one takes its name off the list.
WITHOUT_EXAMPLE = {"catalogue", "classify", "explain_folder", "explain_live", "load_classifier"}


class Tensor:
    """As much of PyTorch's as an example needs where PyTorch isn't installed."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def permute(self, *axes: int) -> "Tensor":
        return Tensor(self.array.transpose(axes))

    def softmax(self, axis: int) -> "Tensor":
        powers = np.exp(self.array)
        return Tensor(powers / powers.sum(axis, keepdims=True))

    def numpy(self) -> np.ndarray:
        return self.array


def torch_of_two_classes() -> SimpleNamespace:
    def network(batch: Tensor) -> Tensor:
        assert batch.array.shape[1] == 3, "channels come first"
        return Tensor(batch.array.mean(axis=(2, 3))[:, :2])

    loaded = SimpleNamespace(eval=lambda: network)
    jit = SimpleNamespace(load=lambda _path: loaded)
    return SimpleNamespace(jit=jit, from_numpy=Tensor, Tensor=Tensor, no_grad=contextlib.nullcontext)


def brightness(batch: np.ndarray) -> np.ndarray:
    bright = batch.mean(axis=(1, 2, 3))
    return np.stack([1 - bright, bright], axis=1)


@pytest.fixture
def _a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chelsea: Image.Image, coffee: Image.Image):
    """A folder with the photos that examples name, and a classifier that answers at once."""
    for name in ("cat.jpg", "dog.heic", "photo.jpg", "photos/tiger_cat/cat.jpg", "photos/espresso/cup.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (coffee if "cup" in name else chelsea).save(path)
    monkeypatch.chdir(tmp_path)
    load = explainer.load_classifier

    def load_classifier(*arguments, **options) -> explainer.Classifier:
        assert inspect.signature(load).bind(*arguments, **options)
        return explainer.Classifier.from_function(
            brightness, input_size=(64, 64), class_names=["dark", "bright"]
        )

    monkeypatch.setattr(explainer, "load_classifier", load_classifier)
    if importlib.util.find_spec("torch") is None:
        monkeypatch.setitem(sys.modules, "torch", torch_of_two_classes())


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", document.read_text("utf-8"))


def commands(document: Path) -> Iterator[str]:
    """What is typed after ``python -m explainer`` or ``limelight``, in blocks, recipes of build servers, and
    between backticks.
    """
    text = document.read_text("utf-8")
    typed = [line.strip().removeprefix("$ ") for line in text.splitlines() if line.startswith("    ")]
    typed += [line for block in blocks(document, r"(?:sh|shell|bash|console)") for line in block.splitlines()]
    typed += [span.replace("\n", " ") for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
    typed += [
        line
        for block in blocks(document, "yaml")
        for text in texts(yaml.safe_load(block))
        for line in text.splitlines()
    ]
    for line in typed:
        found = re.match(r"(?:\S*python3? -m explainer|(?:\S*/)?limelight) (.*)", line)
        if found:
            yield found[1]


def texts(found: object) -> Iterator[str]:
    """All texts in what YAML holds."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for inner in found.values() if isinstance(found, dict) else found:
            yield from texts(inner)


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    names: set[str] = set()
    for action in parser._actions:
        names |= {*action.option_strings}
        if isinstance(action, argparse._SubParsersAction):
            names |= {name for inner in action.choices.values() for name in options_of(inner)}
    return names


@pytest.mark.usefixtures("_a_desk")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_code_runs(document: Path):
    for block in blocks(document, "python"):
        exec(compile(block, document.name, "exec"), {})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_are_understood(document: Path, capsys):
    for command in commands(document):
        try:
            make_parser().parse_args(shlex.split(command, comments=True))
        except SystemExit:
            pytest.fail(f"{command}: {capsys.readouterr().err}")


def test_commands_are_found():
    assert len([*commands(ROOT / "README.md")]) > 3
    assert len(blocks(ROOT / "README.md", "python")) > 1
    on_servers = [command for command in commands(ROOT / "docs" / "gate.md") if "--fail-if" in command]
    assert [command.split()[0] for command in on_servers].count("explain") == 3


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_named_is_there(document: Path):
    text = document.read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert {*re.findall(r"(?m)(?:^    |`)make ([a-z]+)", text)} <= targets
    assert {*re.findall(r"`(--[a-z-]+)[` =]", text)} <= options_of(make_parser())
    code = "".join(path.read_text("utf-8") for path in (ROOT / "explainer").rglob("*.py"))
    assert [name for name in re.findall(r"EXPLAINER_[A-Z0-9_]+", text) if name not in code] == []
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    here = [link for link in links if link and "://" not in link]
    assert [link for link in here if not (document.parent / link).exists()] == []


@pytest.mark.usefixtures("_a_desk")
def test_examples_in_docstrings_run():
    sources = sorted((ROOT / "explainer").rglob("*.py"))
    modules = [
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for path in sources
        if ">>> " in path.read_text("utf-8")
    ]
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    results = {module.__name__: doctest.testmod(module, optionflags=options) for module in modules}
    assert {name: result for name, result in results.items() if result.failed} == {}
    assert sum(result.attempted for result in results.values()) > 4


def test_public_names_have_examples():
    public = {name: getattr(explainer, name) for name in explainer.__all__}
    without = {
        name
        for name, thing in public.items()
        if (inspect.isfunction(thing) or name == "Preprocessing") and ">>> " not in inspect.getdoc(thing)
    }
    assert without == WITHOUT_EXAMPLE
    assert ">>> " in inspect.getdoc(explainer.Classifier.from_function)

"""Servers of any other kind that speak JSON: a template says what they are sent, and where the scores are."""

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....errors import ClassifierError, reason_of
from ..description import read_toml
from .address import is_secret, machine
from .connection import Connection
from .wire import as_file, in_json

ALL, ONE = "$pictures", "$picture"
_KINDS = ("numbers", "png", "jpeg")
_KEYS = ("request", "pictures", "scores", "names", "headers")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\*)\]")


@dataclass(frozen=True)
class Template:
    """How a network behind a JSON endpoint is asked.

    Attributes
    ----------
    url : str
        Of the endpoint.
    request : mapping
        What it is sent, with a ``"$pictures"`` in the place of the list of all pictures. Or, where
        ``"$picture"`` stands, of one picture: a list with one item in which it is has such an item for each
        picture; anywhere else, pictures are sent one by one.
    scores : str
        Where in the answer the scores are, such as ``predictions[*].scores``; empty where they are all of it.
        A ``[*]`` is each item of a list.
    pictures : {"numbers", "png", "jpeg"}
        Nested lists of numbers, or files in base64.
    names : str
        Where in the answer the names of the classes are; without, scores are in the order of the labels, or
        by name in an object.
    headers : mapping of str to str
        What else is sent; no keys.
    labels : tuple of str
        The class names, in the order that scores are to have.
    """

    url: str
    request: Any
    scores: str = ""
    pictures: str = "numbers"
    names: str = ""
    headers: Mapping[str, str] | None = None
    labels: Sequence[str] = ()
    title: ClassVar[str] = "JSON"

    @property
    def exactly(self) -> int:
        """How many pictures each question has to have; any number where it is 0."""
        return 1 if _places(self.request)[1] else 0

    @property
    def sends(self) -> str:
        return "numbers" if self.pictures == "numbers" else "files"

    def settings(self) -> dict[str, Any]:
        """As a description file has them."""
        others = {"names": self.names, "headers": dict(self.headers or {})}
        told = {"request": self.request, "scores": self.scores, "pictures": self.pictures}
        return told | {name: value for name, value in others.items() if value}

    def version(self, connection: Connection, needed: bool = False) -> str:
        """Nothing tells it."""
        return ""

    def ask(self, pictures: NDArray[np.float32], connection: Connection) -> Any:
        """What the network answers: a row for each picture.

        Raises
        ------
        ClassifierError
            It does not, or with something that the template does not say.
        """
        marks = [f"\ue000{number}\ue001" for number in range(len(pictures))]
        body = json.dumps(_filled(self.request, marks), ensure_ascii=False)
        for mark, picture in zip(marks, pictures, strict=True):
            if self.pictures == "numbers":
                body = body.replace(f'"{mark}"', in_json(picture))
            else:
                body = body.replace(mark, as_file(picture, self.pictures))
        headers = {"Content-Type": "application/json", **(self.headers or {})}
        answer = connection.ask(self.url, body.encode(), headers)
        answer = _unwrapped(answer)
        scores = _unwrapped(self._at(answer, self.scores))
        return self._ordered(scores, self._at(answer, self.names) if self.names else None)

    def _at(self, answer: Any, path: str) -> Any:
        try:
            return _follow(answer, _steps(path))
        except (LookupError, TypeError):
            raise ClassifierError(
                "The answer of {machine} has nothing at {path}, where the template expects it.",
                machine=machine(self.url),
                path=path,
            ) from None

    def _ordered(self, scores: Any, names: Any) -> Any:
        """The same in the order of the labels, where it is by name."""
        if isinstance(scores, Mapping):
            return self._by_name([*scores.values()], [*scores])
        if not isinstance(scores, list) or not (names or any(isinstance(row, Mapping) for row in scores)):
            return scores
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            if not any(isinstance(row, list) for row in scores):
                return self._by_name(scores, names)
            names = [names] * len(scores)  # those of all pictures
        if names is None or not isinstance(names, list) or len(names) != len(scores):
            names = [None] * len(scores)
        return [self._ordered(row, of_row) for row, of_row in zip(scores, names, strict=True)]

    def _by_name(self, scores: list[Any], names: list[str]) -> list[Any]:
        places = {_folded(label): place for place, label in enumerate(self.labels)}
        columns = {str(place): place for place in range(len(self.labels))}
        if {*names} == {*columns} and not {*names} <= {*places}:  # of a table without titles, as of MLflow
            places = columns
        unknown = [name for name in names if _folded(name) not in places]
        if unknown:
            raise ClassifierError(
                "{machine} answers with the class {name}, which is not among the labels: they are those of "
                "another network.",
                machine=machine(self.url),
                name=repr(unknown[0][:60]),
            )
        if len({*map(_folded, names)}) != len(self.labels) or len(names) != len(scores):
            raise ClassifierError(
                "{machine} answers with {number} of {classes} classes by name, and each is needed once: the "
                "request may have to ask for all of them.",
                machine=machine(self.url),
                number=len(names),
                classes=len(self.labels),
            )
        ordered: list[Any] = [None] * len(scores)
        for name, score in zip(names, scores, strict=True):
            ordered[places[_folded(name)]] = score
        return ordered


def read_template(path: Path, url: str, labels: Sequence[str]) -> Template:
    """Read a template, which is TOML, or JSON by the end of its name.

    Raises
    ------
    ClassifierError
        It can't be read, or is no template.
    """
    if path.suffix.lower() != ".json":
        return template_of(read_toml(path), url, labels, path)
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ClassifierError(
            "{path} can't be read as JSON: {reason}.", path=path, reason=reason_of(error)
        ) from error
    return template_of(told, url, labels, path)


def template_of(told: Any, url: str, labels: Sequence[str], path: Path) -> Template:
    """The template that a file holds, checked.

    Raises
    ------
    ClassifierError
        It is none; `path` is what the message names.
    """
    if not isinstance(told, Mapping) or "request" not in told or not {*told} <= {*_KEYS}:
        raise ClassifierError(
            "{path} is no template: it must say what the request is, and may say {names} besides.",
            path=path,
            names=", ".join(_KEYS[1:]),
        )
    request, pictures = told["request"], told.get("pictures", "numbers")
    scores, names, headers = told.get("scores", ""), told.get("names", ""), told.get("headers", {})
    texts = _texts(request)
    if pictures not in _KINDS:
        raise ClassifierError(
            "In the template {path}, pictures must be one of {kinds}.", path=path, kinds=", ".join(_KINDS)
        )
    if sum(_places(request)) != 1:
        raise ClassifierError(
            "In the template {path}, there must be one {all} or one {one} in the request, where pictures go.",
            path=path,
            all=ALL,
            one=ONE,
        )
    if pictures == "numbers" and not {ALL, ONE} & {*texts}:
        raise ClassifierError(
            "In the template {path}, numbers can't be part of a text, so {one} has to be all of it.",
            path=path,
            one=ONE,
        )
    if None in texts:
        raise ClassifierError("In the template {path}, there is a null, which can't be kept.", path=path)
    if not all(isinstance(place, str) and _is_path(place) for place in (scores, names)):
        raise ClassifierError(
            "In the template {path}, scores and names are written like predictions[*].scores.", path=path
        )
    if not isinstance(headers, Mapping) or not all(isinstance(value, str) for value in headers.values()):
        raise ClassifierError("In the template {path}, headers must be texts by their names.", path=path)
    if any(map(is_secret, headers)):
        raise ClassifierError(
            "In the template {path}, there is a header with a key, which does not belong there: --key-env "
            "and --key-header send one.",
            path=path,
        )
    return Template(url, request, scores, pictures, names, dict(headers), tuple(labels))


def _texts(value: Any) -> list[str | None]:
    """All texts in a value, and None for each null."""
    if isinstance(value, Mapping | list):
        inner = value.values() if isinstance(value, Mapping) else value
        return [text for part in inner for text in _texts(part)]
    return [value] if isinstance(value, str) or value is None else []


def _places(value: Any) -> tuple[int, int]:
    """How many places there are for all pictures, and how many for one."""
    if isinstance(value, str):
        return (1, 0) if value == ALL else (0, value.count(ONE))
    if not isinstance(value, Mapping | list):
        return 0, 0
    parts = [_places(part) for part in (value.values() if isinstance(value, Mapping) else value)]
    several, single = (sum(numbers) for numbers in zip(*parts, strict=True)) if parts else (0, 0)
    if isinstance(value, list) and len(value) == 1 and single:
        return several + single, 0
    return several, single


def _filled(value: Any, marks: Sequence[str]) -> Any:
    """The request with a mark for each picture."""
    if isinstance(value, str):
        return [*marks] if value == ALL else value.replace(ONE, marks[0])
    if isinstance(value, Mapping):
        return {name: _filled(part, marks) for name, part in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) == 1 and _places(value[0])[1]:
        return [_filled(value[0], [mark]) for mark in marks]
    return [_filled(part, marks) for part in value]


def _unwrapped(value: Any) -> Any:
    """JSON in a text of JSON, as Azure answers where a script's `run` returns ``json.dumps(...)``."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


def _is_path(path: str) -> bool:
    return "".join(match[0] for match in _STEP.finditer(path)) == path and not path.startswith(".")


def _steps(path: str) -> list[str | int]:
    """A path as names, indices, and ``*`` for each item."""
    return [match[1] or (match[2] if match[2] == "*" else int(match[2])) for match in _STEP.finditer(path)]


def _follow(value: Any, steps: Sequence[str | int]) -> Any:
    if not steps:
        return value
    first, *others = steps
    if first == "*" and isinstance(value, list):
        return [_follow(item, others) for item in value]
    if isinstance(value, list) and not isinstance(first, int):
        raise LookupError
    return _follow(value[first], others)


def _folded(label: str) -> str:
    return label.casefold().replace("_", " ").strip()

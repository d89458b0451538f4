"""Finds the messages in Python code for Babel; pyproject.toml names it, and `make messages` runs it.

Babel's own finder reads a file token by token, and so sees nothing inside f-strings before Python 3.12.
"""

import ast
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

Message = tuple[int, str, tuple[str | None, ...], list[str]]


def extract(
    file: BinaryIO, keywords: Collection[str], _comment_tags: object, options: dict[str, Any]
) -> Iterator[Message]:
    """What Babel asks of a finder: line, function, literal arguments, and comments of each call."""
    for call in calls(ast.parse(file.read()), keywords):
        yield call.lineno, called(call), tuple(literal(argument) for argument in call.args), []


def calls(node: ast.AST, names: Collection[str]) -> Iterator[ast.Call]:
    """The calls of functions, methods and classes with these names, in the order of the code."""
    if isinstance(node, ast.Call) and called(node) in names:
        yield node
    for child in ast.iter_child_nodes(node):
        yield from calls(child, names)


def called(call: ast.Call) -> str:
    """The name of what is called, such as ``gettext`` in ``language.gettext("Photo")``."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def literal(node: ast.AST) -> str | None:
    """The text of a string that is written out; None of anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None

"""What was asked of a gate and what was found, for people, for JUnit readers and for GitHub."""

import xml.etree.ElementTree as ElementTree  # nosec B405 - it only writes
from collections.abc import Sequence

from ..names import printable
from .gate import Verdict

_COLUMNS = ("fails if", "found", "95 % interval", "photos", "verdict")


def gate_table(verdicts: Sequence[Verdict]) -> list[tuple[str, ...]]:
    """A row for each condition, below one of headings."""
    return [_COLUMNS, *map(_row, verdicts)]


def where_to_look(verdicts: Sequence[Verdict]) -> list[str]:
    """The worst photos of each condition that failed, a line each."""
    return [
        f"{verdict.gate}: look at {_worst(verdict)}"
        for verdict in verdicts
        if verdict.failed and verdict.found.worst
    ]


def in_one_line(verdict: Verdict) -> str:
    """What was found, and where to look if it failed."""
    found = verdict.found
    if not verdict.is_known:
        return f"not known: {found.why}"
    _, value, interval, photos, _ = _row(verdict)
    between = f" (95 % interval {interval})" if interval else ""
    look = f"; look at {_worst(verdict)}" if verdict.failed and found.worst else ""
    return f"found {value} in {photos} photos{between}{look}"


def junit(verdicts: Sequence[Verdict], name: str) -> bytes:
    """The conditions as a JUnit report: a test case each, which fails where its condition does.

    A condition on something that can't be known is an error, which readers count as a failure, too.

    Parameters
    ----------
    verdicts : sequence of Verdict
        The conditions, no two of them the same: readers leave the second one out.
    name : str
        What the suite is called.
    """
    cases = []
    for verdict in verdicts:
        case = ElementTree.Element("testcase", classname=name, name=str(verdict.gate), time="0")
        told = in_one_line(verdict)
        if verdict.failed:
            kind = "failure" if verdict.is_known else "error"
            # Some readers show the message only, and some the text only.
            ElementTree.SubElement(case, kind, message=told, type="gate").text = told
        else:
            ElementTree.SubElement(case, "system-out").text = told
        cases.append(case)
    failures = sum(verdict.failed and verdict.is_known for verdict in verdicts)
    errors = sum(not verdict.is_known for verdict in verdicts)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": str(errors), "time": "0"}
    root = ElementTree.Element("testsuites", {"name": name} | counts)
    ElementTree.SubElement(root, "testsuite", {"name": name, "skipped": "0"} | counts).extend(cases)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))


def github_annotations(verdicts: Sequence[Verdict]) -> list[str]:
    """A workflow command for each condition that failed, which GitHub shows as an error beside the run."""
    return [
        f"::error title={_escaped(str(verdict.gate), ':,')}::{_escaped(in_one_line(verdict))}"
        for verdict in verdicts
        if verdict.failed
    ]


def github_summary(verdicts: Sequence[Verdict], name: str) -> str:
    """The table in Markdown, and where to look below it."""
    rows = [_COLUMNS, tuple("---" for _ in _COLUMNS), *([*map(_markdown, _row(v))] for v in verdicts)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    look = "".join(f"\n- {_markdown(line)}" for line in where_to_look(verdicts))
    return f"### {_markdown(name)}\n\n{table}\n{look}\n"


def _row(verdict: Verdict) -> tuple[str, ...]:
    gate, found = verdict.gate, verdict.found
    interval = " to ".join(map(gate.shown, found.interval)) if found.interval else ""
    value = "" if found.value is None else gate.shown(found.value)
    word = "FAILED" if verdict.failed else "passed"
    why = "" if verdict.is_known else f" (not known: {found.why})"
    return str(gate), value, interval, str(found.photos), word + why


def _worst(verdict: Verdict) -> str:
    return ", ".join(map(printable, verdict.found.worst))


def _escaped(text: str, more: str = "") -> str:
    """As workflow commands want it; the sign that escapes goes first."""
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _markdown(text: str) -> str:
    return "".join(f"\\{character}" if character in r"\`*_[]<>|#&~" else character for character in text)

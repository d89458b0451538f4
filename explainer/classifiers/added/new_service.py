"""Adds a network that is served elsewhere to the models folder, after it was asked and has answered."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ...errors import ClassifierError, ClassifierNote
from . import trial
from .labels import for_outputs, read_labels, tidy, write_labels
from .models import LABELS_FILE
from .network_facts import NetworkFacts
from .new_model import Candidate, description_of, known_settings, unfinished_folder
from .served.address import Key, check_address, machine
from .served.connection import Connection
from .served.kserve import KServe
from .served.service import USUAL_BATCH, USUAL_TIMEOUT, Asking, ServedNetwork, Service, checked
from .served.template import read_template
from .served.tf_serving import TensorFlowServing

_NOT_NAMES = ("", "v1", "v2", "models", "versions", "labels", "infer", "predict", "invocations", "score")


def name_in(url: str) -> str:
    """The network's name, or else its machine's, as an address has it."""
    parts = urlsplit(url)
    steps = [unquote(step) for step in parts.path.rstrip("/").removesuffix(":predict").split("/")]
    for before in ("versions", "labels"):
        if before in steps:
            steps = steps[: steps.index(before)]
    named = [step for step in steps if step.lower() not in _NOT_NAMES]
    return named[-1] if named else parts.hostname or ""


@contextlib.contextmanager
def prepare(
    url: str,
    labels: Path,
    *,
    name: str,
    title: str = "",
    given: Mapping[str, Any] | None = None,
    output: str = "",
    protocol: str = "",
    template: Path | None = None,
    version: str = "",
    key: Key | None = None,
    batch_size: int | None = None,
    max_calls: int = 0,
    timeout: float = USUAL_TIMEOUT,
) -> Iterator[Candidate]:
    """Look at a served network, and make a model's folder of it, which is thrown away unless it is kept.

    Parameters
    ----------
    url : str
        The network's address, which `check_address` passes.
    labels : Path
        The class names; see `read_labels`.
    name, title, given, output
        As for a network in a file; see `new_model.prepare`.
    protocol : {"", "tf-serving", "kserve", "json"}
        How it is asked; told by the address and by whether there is a template where it is empty.
    template : Path, optional
        What a JSON endpoint is sent; see `Template`.
    version : str
        Which version is served, where the server does not tell.
    key : Key, optional
        Where the key is.
    batch_size : int, optional
        How many pictures are sent at once, at the most.
    max_calls : int
        How many questions each process may ask; any number where it is 0.
    timeout : float
        Seconds that a question may take.

    Yields
    ------
    Candidate

    Raises
    ------
    ClassifierError
        The server can't be asked, or does not answer as it should, or the models folder can't be written to.
    """
    asked_at_once = 1 if batch_size is None else batch_size
    checked(Service(TensorFlowServing(url), "", False, asked_at_once, max_calls, timeout))
    connection = Connection(key, timeout, max_calls)
    found = read_labels(labels)
    asking, facts, most = _asking(url, protocol, template, found.names, output, connection)
    told = "" if version else asking.version(connection)
    service = checked(
        Service(
            asking, version or told, bool(told), batch_size or most or USUAL_BATCH, max_calls, timeout, key
        )
    )
    with unfinished_folder(name) as folder:
        names = for_outputs(found.names, facts.units or len(found.names))
        settings = known_settings(machine(url), {"given": given or {}}, facts)
        description = description_of(settings)
        _check_colours(settings, facts)
        write_labels(names, folder / LABELS_FILE)
        network = ServedNetwork(service, len(names), connection)
        if settings["outputs"][1] == "default":
            settings["outputs"] = (trial.outputs(network, description), "tried")
        notes = list(found.notes)
        if not service.version:
            notes.append(
                ClassifierNote(
                    "The server does not tell which version of the network it serves, so finished results "
                    "can't be told from those of another version, and a folder's run does all photos each "
                    "time. To change that, name the version yourself: --served-version TEXT."
                )
            )
        yield Candidate(
            settings,
            tidy(title) or name,
            names,
            facts,
            network,
            folder,
            {"served": service.settings()},
            tuple(notes),
            service,
        )


def _asking(
    url: str,
    protocol: str,
    template: Path | None,
    labels: tuple[str, ...],
    output: str,
    connection: Connection,
) -> tuple[Asking, NetworkFacts, int]:
    """How it is asked, what is known of it, and how many pictures it takes at once."""
    path = urlsplit(url).path
    if not protocol:
        is_kserve, is_tf_serving = (
            "/v2/models/" in path,
            "/v1/models/" in path or path.rstrip("/").endswith(":predict"),
        )
        protocol = "json" if template else "kserve" if is_kserve else "tf-serving" if is_tf_serving else ""
    if not protocol or (protocol == "json") != (template is not None):
        raise ClassifierError(
            "How the network at {machine} is asked is not clear: --protocol is tf-serving or kserve, or "
            "--template names a file that says what it is sent.",
            machine=machine(url),
        )
    if template is None:
        kind = TensorFlowServing if protocol == "tf-serving" else KServe
        return kind.found(check_address(url), connection, output, len(labels))
    asking = read_template(template, url, labels)
    settings: dict[str, Any] = {}
    if asking.pictures != "numbers":
        settings = {"range": "0-to-255", "layout": "channels-last"}
    return asking, NetworkFacts(None, settings), asking.exactly


def _check_colours(settings: Mapping[str, tuple[Any, str]], facts: NetworkFacts) -> None:
    """Check that nothing but colours is wanted of files and of whole numbers."""
    if "range" in facts.settings and (settings["range"][0] != "0-to-255" or {"mean", "std"} & {*settings}):
        raise ClassifierError(
            "Files and whole numbers hold colours from 0 to 255 only, so --range, --mean and --std are for "
            "pictures that are sent as fractions."
        )

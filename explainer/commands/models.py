"""``add-model``, ``list-models``, ``remove-model``: classifiers of one's own."""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import zip_longest
from pathlib import Path
from typing import Any

from PIL import Image

from ..classifiers.added import models, network_file, new_model, new_service, trial
from ..classifiers.added.description import CHOICES, SETTINGS, parse_colours, parse_size
from ..classifiers.added.served.address import Key, check_address, machine
from ..classifiers.added.served.service import PROTOCOLS, USUAL_BATCH, USUAL_TIMEOUT
from ..classifiers.catalogue import built_in_names, catalogue
from ..errors import ClassifierError
from ..lime.explain import classify
from ..photos.examples import example_photo
from ..photos.load import load_photo
from ..words.language import Language
from ..words.settings import destination_sentence, origin_in_words, setting_in_words
from . import Commands

_HELP = {
    "resize": "what becomes of a photo of another aspect ratio",
    "resample": "how pixels are interpolated",
    "range": "the values that the network takes; torch and caffe are ImageNet's mean and deviation",
    "channel-order": "the order of the colours",
    "layout": "where the channels are",
    "channels": "3 for colours, 1 for grey",
    "outputs": "what the network answers with; independent probabilities need not sum to 1",
}


_FOR_SERVED = (
    "protocol", "template", "served_version", "key_env", "key_header", "batch_size", "max_calls", "timeout",
)  # fmt: skip


def add_to(commands: Commands) -> None:
    """Add the commands and their options."""
    _add_add(commands)
    listing = commands.add_parser("list-models", help="list all classifiers, and what is wrong with any")
    listing.set_defaults(run=_list)
    remove = commands.add_parser("remove-model", help="delete a classifier that was added")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_remove)


def _add_add(commands: Commands) -> None:
    parser = commands.add_parser(
        "add-model",
        help="add a classifier of your own",
        description="Add a classifier of your own: a .keras, .h5, .onnx, .tflite, frozen .pb or OpenVINO "
        ".xml file, a SavedModel folder, or a folder or .zip as another tool exports it. What is not given "
        "is read from a description beside FILE, of the same name with .toml, or from what the other tool "
        "wrote, or found in FILE, or has a default, and is printed. Networks are programs: add only those "
        "that you trust.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", nargs="?")
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="class names, one a line, with or without an index; or .csv, or .json; by default a file like "
        "labels.txt beside FILE",
    )
    parser.add_argument(
        "--try",
        dest="photos",
        type=Path,
        action="append",
        default=[],
        metavar="PHOTO",
        help="print the network's best labels for a photo; where nothing says which values the network "
        "takes, those for all ranges, to choose from; may be given several times",
    )
    parser.add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="LABEL",
        help="the right label of the photos, or one for each: then the range that leads to it is taken",
    )
    parser.add_argument("--name", default="", help="as --classifier takes it; by default made of FILE's name")
    parser.add_argument("--title", default="", help="as the page shows it")
    parser.add_argument(
        "--output", default="", metavar="NAME", help="the network's output that answers with the classes"
    )
    parser.add_argument("--replace", action="store_true", help="replace the model of this name")
    parser.add_argument(
        "--input-size", metavar="SIZE", help="in pixels, like 224, or height and width, like 240x320"
    )
    for name, choices in CHOICES.items():
        parser.add_argument(f"--{name}", choices=choices, help=_HELP[name])
    parser.add_argument(
        "--crop-share", type=float, metavar="SHARE", help="of --resize shorter-side, by default 0.875"
    )
    for name, what in (("mean", "taken from values after --range"), ("std", "what they are divided by")):
        parser.add_argument(f"--{name}", metavar="R,G,B", help=f"{what}: three numbers, or one for all")
    _add_served(parser)
    parser.set_defaults(run=_add)


def _add_served(parser: argparse.ArgumentParser) -> None:
    served = parser.add_argument_group(
        "a network that is served elsewhere", "Instead of FILE; photos are sent to that machine."
    )
    served.add_argument("--url", metavar="URL", help="its address, such as http://HOST:8501/v1/models/NAME")
    served.add_argument(
        "--protocol", choices=PROTOCOLS, default="", help="by default, what the address looks like"
    )
    served.add_argument(
        "--template",
        type=Path,
        metavar="FILE",
        help="what a JSON endpoint is sent, and where in its answer the scores are; .toml or .json",
    )
    served.add_argument(
        "--served-version", default="", metavar="TEXT", help="which version is served, where nothing tells"
    )
    served.add_argument(
        "--key-env",
        metavar="NAME",
        help="the environment variable that holds the key; it is kept nowhere else",
    )
    served.add_argument(
        "--key-header",
        metavar="NAME",
        help="the header that the key is sent in, such as api-key; by default 'Authorization: Bearer'",
    )
    served.add_argument(
        "--batch-size",
        type=int,
        metavar="N",
        help=f"pictures a call, at the most; by default what the server tells, or {USUAL_BATCH}",
    )
    served.add_argument(
        "--max-calls",
        type=int,
        metavar="N",
        help="calls that each process may make; any number by default",
    )
    served.add_argument(
        "--timeout",
        type=float,
        metavar="S",
        help=f"seconds that a call may take, by default {USUAL_TIMEOUT:g}",
    )


def _prepared(
    options: argparse.Namespace, name: str, given: dict[str, Any]
) -> AbstractContextManager[new_model.Candidate]:
    if options.url is None:
        for option in _FOR_SERVED:
            if vars(options)[option] not in ("", None):
                raise ClassifierError("{option} is for a --url.", option=f"--{option.replace('_', '-')}")
        return new_model.prepare(
            options.file, options.labels, name=name, title=options.title, given=given, output=options.output
        )
    if options.labels is None:
        raise ClassifierError("The classes need names: --labels names a file with one name a line.")
    key = Key(options.key_env, *filter(None, [options.key_header])).check() if options.key_env else None
    if key is None and options.key_header:
        raise ClassifierError("--key-header needs --key-env, which says where the key is.")
    print(destination_sentence(machine(options.url), Language("en")), flush=True)
    return new_service.prepare(
        options.url,
        options.labels,
        name=name,
        title=options.title,
        given=given,
        output=options.output,
        protocol=options.protocol,
        template=options.template,
        version=options.served_version,
        key=key,
        batch_size=options.batch_size,
        max_calls=options.max_calls or 0,
        timeout=USUAL_TIMEOUT if options.timeout is None else options.timeout,
    )


def _add(options: argparse.Namespace) -> int:
    if (options.file is None) == (options.url is None):
        raise ClassifierError("add-model takes either a FILE or a --url.")
    if options.url is not None:
        options.url = check_address(options.url)
        file_name = new_service.name_in(options.url)
    else:
        file_name = network_file.meant(options.file.resolve()).stem
    name = options.name or new_model.usable_name(file_name)
    new_model.check_name(name, built_in_names(), options.replace)
    photos = [load_photo(path) for path in options.photos]
    given = {setting: vars(options)[setting.replace("-", "_")] for setting in SETTINGS}
    for setting, parse in (("input-size", parse_size), ("mean", parse_colours), ("std", parse_colours)):
        if given[setting] is not None:
            given[setting] = parse(given[setting])
    given = {setting: value for setting, value in given.items() if value is not None}
    with _prepared(options, name, given) as candidate:
        for note in candidate.notes:
            print(note)
        expected = candidate.expected(options.expect, len(photos))
        if photos and not candidate.classifier.is_range_confirmed:
            candidate = _with_range(candidate, options.photos, photos, expected)
        _print_settings(candidate)
        for photo in photos or [example_photo("chelsea")]:
            candidate.try_on(photo)
        missed: list[str] = []
        for path, photo, right in zip_longest(options.photos, photos, expected):
            print(f"{path}:")
            best = classify(photo, candidate.classifier)
            for label in best:
                print(f"  {label.probability:7.2%}  {label.name}")
            if right not in (None, best[0].index):
                print(f"  expected: {candidate.labels[right]}")
                missed.append(path.name)
        folder = candidate.keep(options.replace)
    print(f"Added as {name}, in {folder}.")
    if missed:
        print(
            f"explainer: The network does not answer what was expected of {', '.join(missed)}. If it should, "
            "the order of the labels is wrong, or a setting: see --channel-order, --range and --resize.",
            file=sys.stderr,
        )
    if not candidate.classifier.is_range_confirmed:
        _warn_of_range(candidate, options.file.name if options.file else file_name)
    return 0


def _with_range(
    candidate: new_model.Candidate,
    paths: Sequence[Path],
    photos: Sequence[Image.Image],
    expected: Sequence[int],
) -> new_model.Candidate:
    """Find out by trying which values the network takes, or ask."""
    rows = candidate.try_ways(photos)
    print("Nothing says which values the network takes, so all ranges were tried:")
    _print_rows(rows, paths, candidate.labels)
    right = trial.as_expected(rows, expected) if expected else rows
    if ways := trial.left_by(right):
        ranges = ", ".join(dict.fromkeys(way.value_range for way in ways))
        if "," in ranges:
            print(f"These photos can't tell the ranges {ranges} apart: the network answers alike.")
        return candidate.as_in(ways, "tried")
    if sys.stdin.isatty():
        chosen = ""
        with contextlib.suppress(EOFError):
            chosen = input("Which row is right? (Its number; nothing adds no model.) ").strip()
        if chosen in map(str, range(1, len(rows) + 1)):
            return candidate.as_in(rows[int(chosen) - 1].ways, "given")
    if not expected:
        raise ClassifierError(
            "Which row is right is not known: --expect LABEL says what is on the photos, or --range and "
            "--channel-order name a row."
        )
    if not right:
        raise ClassifierError(
            "In no row is the expected label clearly the best for every photo: try other photos, or name a "
            "row by --range and --channel-order."
        )
    raise ClassifierError(
        "Several rows fit what was expected: more photos, each with --try, may tell them apart, or --range "
        "and --channel-order name one."
    )


def _print_rows(rows: Sequence[trial.Row], paths: Sequence[Path], labels: Sequence[str]) -> None:
    photos = "".join(f"{path.name[:26]:<28}" for path in paths)
    print(f"     {'range':<14}{'channel-order':<15}{photos}".rstrip())
    for number, row in enumerate(rows, 1):
        first = str(number)
        answers = [
            f"{probability:7.2%} {labels[index][:18]}" if probability >= 0 else "no answer"  # which is NaN
            for index, probability in row.best()
        ]
        for way in row.ways:
            told = "".join(f"{answer:<28}" for answer in answers).rstrip()
            print(f"{first:>3}  {way.value_range:<14}{way.channel_order:<15}{told}")
            first, answers = "", ["    the same"] * len(answers)


def _warn_of_range(candidate: new_model.Candidate, name: str) -> None:
    reason = candidate.facts.unread
    print(
        f"explainer: Value range not confirmed: nothing says which values {name} takes, so "
        f"{candidate.settings['range'][0]} was assumed"
        + (f" (its steps could not be looked at: {reason})" if reason else "")
        + ". If that is wrong, so is every answer. Add it again with --replace and --try PHOTO --expect "
        "LABEL, which finds it out, or with --range.",
        file=sys.stderr,
    )


def _print_settings(candidate: new_model.Candidate) -> None:
    print(f"{candidate.title}: {len(candidate.labels)} classes")
    used, *others = candidate.facts.outputs or [""]
    if others:
        print(f"  {'output':<14} {used:<15} (and not {', '.join(others)}, which --output would choose)")
    for name, (value, origin) in candidate.settings.items():
        written = setting_in_words(name, value)
        known = origin_in_words(origin, Language("en"))
        if name == "range" and value != (found := candidate.facts.settings.get(name, value)):
            known += f", though the network looks as if it takes {found}"
        print(f"  {name:<14} {written:<15} ({known})")


def _list(_options: argparse.Namespace) -> int:
    entries = {entry.name: entry for entry in catalogue()}
    for name, entry in entries.items():
        if entry.added is None:
            state = "ready" if entry.is_ready() else f"run python -m explainer fetch {name}"
            print(f"{name:<24} {entry.title:<24} {state}")
    for name in models.model_names():
        folder = models.model_folder(name)
        try:
            classifier = models.load_model_folder(folder)
        except ClassifierError as error:
            print(f"{name:<24} {'':<24} can't be used: {error}")
            continue
        height, width = classifier.input_size
        known = models.added_model(folder).description.value_range
        confirmed = "" if classifier.is_range_confirmed else " (not confirmed)"
        served = f"photos are sent to {classifier.sent_to}, " if classifier.sent_to else ""
        told = f"{height} × {width}, {known}{confirmed}, {served}added: {folder}"
        print(f"{name:<24} {classifier.title:<24} {told}")
    return 0


def _remove(options: argparse.Namespace) -> int:
    models.remove_model(options.name)
    print(f"{options.name} was removed.")
    return 0

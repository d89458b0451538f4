"""``add-model``, ``list-models``, ``remove-model``: classifiers of one's own."""

import argparse
from pathlib import Path

from ..classifiers.added import models, new_model
from ..classifiers.added.description import CHOICES, SETTINGS, parse_colours, parse_size
from ..classifiers.catalogue import built_in_names, catalogue
from ..errors import ClassifierError
from ..lime.explain import classify
from ..photos.examples import example_photo
from ..photos.load import load_photo
from . import Commands

_ORIGINS = {
    "given": "given",
    "described": "from the description file",
    "found": "found in the network",
    "default": "the default",
}
_HELP = {
    "resize": "what becomes of a photo of another aspect ratio",
    "resample": "how pixels are interpolated",
    "range": "the values that the network takes; torch and caffe are ImageNet's mean and deviation",
    "channel-order": "the order of the colours",
    "layout": "where the channels are",
    "channels": "3 for colours, 1 for grey",
    "outputs": "what the network answers with; independent probabilities need not sum to 1",
}


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
        description="Add a classifier of your own: a .keras, .h5, .onnx or OpenVINO .xml file, or a "
        "SavedModel folder. What is not given is read from a description beside FILE, of the same name with "
        ".toml, or found in FILE, or has a default, and is printed. Networks are programs: add only those "
        "that you trust.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--labels", type=Path, metavar="FILE", help="class names, one a line; or a .csv with index and name"
    )
    parser.add_argument(
        "--try", dest="photo", type=Path, metavar="PHOTO", help="print the network's best labels for a photo"
    )
    parser.add_argument("--name", default="", help="as --classifier takes it; by default made of FILE's name")
    parser.add_argument("--title", default="", help="as the page shows it")
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
    parser.set_defaults(run=_add)


def _add(options: argparse.Namespace) -> int:
    name = options.name or new_model.usable_name(options.file.resolve().stem)
    new_model.check_name(name, built_in_names(), options.replace)
    photo = load_photo(options.photo) if options.photo else None
    given = {setting: vars(options)[setting.replace("-", "_")] for setting in SETTINGS}
    for setting, parse in (("input-size", parse_size), ("mean", parse_colours), ("std", parse_colours)):
        if given[setting] is not None:
            given[setting] = parse(given[setting])
    with new_model.prepare(
        options.file,
        options.labels,
        name=name,
        title=options.title,
        given={setting: value for setting, value in given.items() if value is not None},
    ) as candidate:
        _print_settings(candidate)
        candidate.try_on(photo or example_photo("chelsea"))
        if photo:
            print(f"{options.photo}:")
            for label in classify(photo, candidate.classifier):
                print(f"  {label.probability:7.2%}  {label.name}")
        folder = candidate.keep(options.replace)
    print(f"Added as {name}, in {folder}.")
    return 0


def _print_settings(candidate: new_model.Candidate) -> None:
    classifier = candidate.classifier
    print(f"{classifier.title}: {len(classifier.class_names)} classes")
    for name, (value, origin) in candidate.settings.items():
        written = " × ".join(map(str, value)) if isinstance(value, list) else value
        print(f"  {name:<14} {written:<15} ({_ORIGINS.get(origin, f'found in {origin}')})")


def _list(_options: argparse.Namespace) -> int:
    added = models.model_names()
    for entry in catalogue():
        if entry.name not in added:
            state = "ready" if entry.is_ready() else f"run python -m explainer fetch {entry.name}"
            print(f"{entry.name:<24} {entry.title:<24} {state}")
    for name in added:
        folder = models.model_folder(name)
        try:
            print(f"{name:<24} {models.load_model_folder(folder).title:<24} added: {folder}")
        except ClassifierError as error:
            print(f"{name:<24} {'':<24} can't be used: {error}")
    return 0


def _remove(options: argparse.Namespace) -> int:
    models.remove_model(options.name)
    print(f"{options.name} was removed.")
    return 0

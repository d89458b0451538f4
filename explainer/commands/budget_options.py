"""Options for a budget: how long a folder may take, and how many samples."""

import argparse
import re

_DURATION = re.compile(r"(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?|([0-9]+)")


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group(
        "how much it may take",
        "For a folder. Wrong photos come first then, unsure ones next, and sure ones last and with fewer "
        "samples; what was not reached comes first when the same command is run again.",
    )
    group.add_argument(
        "--time-limit",
        type=seconds,
        metavar="TIME",
        help="after which no other photo is begun: seconds, or like 90s, 10m, 2h or 1h30m",
    )
    group.add_argument(
        "--max-samples-total",
        type=int,
        metavar="N",
        help="how many samples there are for all photos together",
    )


def are_given(options: argparse.Namespace) -> bool:
    """Whether there is a budget."""
    return options.time_limit is not None or options.max_samples_total is not None


def in_words(duration: float) -> str:
    """A duration, in its two largest units."""
    whole = round(duration)
    minutes, hours = whole // 60, whole // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def seconds(text: str) -> float:
    """How many seconds a text such as ``1h30m`` stands for.

    Raises
    ------
    argparse.ArgumentTypeError
        It is no time.
    """
    found = _DURATION.fullmatch(text.lower())
    if not text or found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 600, 90s, 10m, 2h or 1h30m")
    hours, minutes, rest, alone = (int(number or 0) for number in found.groups())
    return float(3600 * hours + 60 * minutes + rest + alone)

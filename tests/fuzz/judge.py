"""What becomes of files, judged in a process of its own: ``python -m tests.fuzz.judge FILE...``.

Prints one line of JSON a file, so that where the process dies it is known of which. The files are made
elsewhere: what making them takes is not counted.
"""

import contextlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from explainer.errors import PhotoError
from explainer.photos.limits import MAX_KEPT_PIXELS, MIN_SIDE
from explainer.photos.load import load_photo

PHOTO = "photo"


def is_one_sentence(message: str) -> bool:
    """Whether a message can be shown to a person as it is."""
    return (
        message.isprintable()
        and message.endswith(".")
        and re.search(r"[.!?]\s", message) is None
        and 20 < len(message) < 300
    )


def judge(content: bytes) -> str:
    """`PHOTO`, the sentence it was refused with, or what went wrong, which starts with ``WRONG``."""
    try:
        photo = load_photo(content)
    except PhotoError as error:
        return str(error) if is_one_sentence(str(error)) else f"WRONG: no clear sentence: {error}"
    except BaseException as error:  # that is what is looked for
        return f"WRONG: {type(error).__name__}: {error}"
    if photo.mode != "RGB" or min(photo.size) < MIN_SIDE or photo.width * photo.height > MAX_KEPT_PIXELS:
        return f"WRONG: a photo in {photo.mode} of {photo.size}"
    return PHOTO


def forget_peak() -> None:
    """Let `peak_memory` begin anew, where the system can do that."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> int:
    """The most memory this process held since `forget_peak`, in bytes; 0 where that can't be asked."""
    with contextlib.suppress(OSError, AttributeError):
        found: Any = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
        return int(found[1]) * 1024
    return 0


def main() -> None:
    for path in sys.argv[1:]:
        content = Path(path).read_bytes()
        forget_peak()
        start = time.process_time()
        verdict = judge(content)
        line = {"verdict": verdict, "seconds": time.process_time() - start, "memory": peak_memory()}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()

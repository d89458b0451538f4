"""Eight people at once: each brings a photo and moves sliders for minutes; then the answers are checked."""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from playwright.async_api import async_playwright

from explainer import explain, load_classifier
from tests.running_page import RunningPage, running_page

from .server import Watch, watched
from .visitor import Visitor

sys.path.append(str(Path(__file__).parent.parent / "browser"))
from ensure_browser import find_browser

MOST_MEMORY = 2 << 30  # bytes
LEVEL = 0.05  # by how much memory may still grow when all that is kept within bounds is there
IDLE = 0.1  # seconds of processor time in a second, of a page that nobody looks at
FAIR_SHARE = 1  # of the time that one after the other would take
SETTLING = 5  # seconds, for what the last one to leave had started


async def crowd(page: RunningPage, watch: Watch, people: int, minutes: float) -> tuple[float, list[Visitor]]:
    """Somebody comes alone, and then all the others at once.

    Returns
    -------
    float
        How long the one who was alone waited for the first picture, in seconds.
    list of Visitor
        The others, who have gone again.
    """
    first = Visitor(people)
    visitors = [Visitor(number) for number in range(people)]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_browser(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        await first.come(browser, page.address)
        await first.explain(0)
        await first.stay(0)
        # The browsers are on this machine, too, and take much of it for the page's first frame.
        await asyncio.gather(*(visitor.come(browser, page.address) for visitor in visitors))
        await asyncio.gather(*(visitor.explain(20 * minutes) for visitor in visitors))
        watch.fill()  # however long that took: a busy machine fills what is kept more slowly
        await asyncio.gather(*(visitor.stay(40 * minutes) for visitor in visitors))
        await browser.close()
    return first.waited, visitors


def differences(visitor: Visitor) -> list[str]:
    """Where a visitor's numbers are not those that the same photo gets alone."""
    shown = visitor.numbers
    if not shown:
        return ["no numbers"]
    alone = explain(
        visitor.photo(),
        load_classifier(shown["classifier"]),
        num_samples=shown["num_samples"],
        seed=shown["seed"],
    )
    return [
        f"{there['name']} is not what it is alone"
        for here, there in zip(alone.labels, shown["labels"], strict=True)
        if here.index != there["index"] or not np.array_equal(here.weights, there["weights"])
    ]


def judge(alone: float, visitors: list[Visitor], watch: Watch, idle: float) -> list[str]:
    """All that is not as promised."""
    complaints = watch.complaints()
    wrong = [f"in the log: {complaints}"] if complaints else []
    for visitor in visitors:
        found = [*dict.fromkeys(visitor.problems), *differences(visitor)]
        wrong += [f"visitor {visitor.number}: {problem}" for problem in found]
        if visitor.waited > FAIR_SHARE * len(visitors) * alone:
            wrong.append(f"visitor {visitor.number}: waited longer than is fair")
    if idle > IDLE:
        wrong.append(f"the page still takes {idle:.0%} of a core with nobody there")
    if watch.most_memory() > MOST_MEMORY:
        wrong.append("the page took more memory than it may")
    if watch.growth() > LEVEL:
        wrong.append("the page's memory still grew in the end")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=3)
    options = parser.parse_args()
    others = psutil.getloadavg()[0]
    # The network's first start on a new machine is no part of it.
    load_classifier("efficientnet-lite0").describe_engine()
    with tempfile.TemporaryDirectory() as folder, running_page(Path(folder) / "page.log") as page:
        threads = psutil.Process(page.process.pid).num_threads()
        with watched(page) as watch:
            alone, visitors = asyncio.run(crowd(page, watch, options.people, options.minutes))
        time.sleep(SETTLING)
        idle = watch.idle_share()
        wrong = judge(alone, visitors, watch, idle)
        for line in wrong:
            print(line)
        waited = [visitor.waited for visitor in visitors]
        print(f"{len(visitors)} people, {options.minutes:g} minutes, {sum(v.moves for v in visitors)} moves")
        print(f"load of the machine before: {others:.1f}")
        print(
            f"first picture: alone {alone:.1f} s; all at once {min(waited):.1f} to {max(waited):.1f} s, "
            f"median {statistics.median(waited):.1f} s"
        )
        print(f"memory: at the most {watch.most_memory() >> 20} MB; {watch.growth():+.1%} once it was filled")
        print(f"nobody there: {idle:.1%} of one core; {watch.threads()} threads, {threads} at the start")
        print(f"answers that differ from those computed alone, errors, and limits passed: {len(wrong)}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

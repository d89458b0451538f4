"""One visitor: brings a photo, moves sliders at random, and in the end looks at what the page found."""

import asyncio
import io
import json
import math
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Error, Locator, Page

from explainer.photos.examples import EXAMPLES, example_photo

PATIENCE = 600_000  # milliseconds, for what a crowd makes slow
FOCUS = re.compile("looked mostly at|No region")
AT_REST = """
() => document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
  && [...document.querySelectorAll(".st-key-pictures *")]
    .some((element) => element.shadowRoot?.querySelector('[aria-busy="false"]'))
"""


@dataclass
class Visitor:
    """What one visitor saw.

    Attributes
    ----------
    number : int
        Which one; photos and slider moves follow from it.
    waited : float
        Seconds from bringing the photo to its first picture; infinite until there is one.
    moves : int
        How many things were moved.
    problems : list of str
        Errors on the page, and what the browser complained about.
    numbers : dict
        What the page gave away in the end, as ``explanation.json`` has it.
    """

    number: int
    waited: float = math.inf
    moves: int = 0
    problems: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    _page: Page = field(init=False, repr=False)

    def photo(self) -> Image.Image:
        """A photo of one's own."""
        names = list(EXAMPLES)
        turned = example_photo(names[self.number % len(names)]).rotate(3 * self.number)
        turned.thumbnail((500, 500))
        return turned

    async def come(self, browser: Browser, address: str) -> None:
        """Open the page.

        Parameters
        ----------
        browser : playwright.async_api.Browser
        address : str
            Where the page is.
        """
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        self._page = await context.new_page()
        self._page.set_default_timeout(PATIENCE)
        self._page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        async with self._problems_noted():
            await self._page.goto(f"{address}?classifier=efficientnet-lite0&auto=false&num_samples=1000")
            await self._chooser.wait_for(state="attached")

    async def explain(self, seconds: float) -> None:
        """Bring a photo, play for so long from the first picture on, and wait until the page is at rest."""
        async with self._problems_noted():
            await self._bring_photo()
            await self._play(seconds)
            await self._page.wait_for_function(AT_REST)

    async def stay(self, seconds: float) -> None:
        """Play on for so long, look at what came of it, and leave."""
        async with self._problems_noted():
            await self._play(seconds)
            await self._look()
        await self._page.context.close()

    @asynccontextmanager
    async def _problems_noted(self) -> AsyncIterator[None]:
        try:
            yield
        except (Error, asyncio.TimeoutError) as error:
            shown = await self._page.locator("body").inner_text()
            self.problems.append(
                f"{type(error).__name__}: {str(error)[:500]}\non a page with: {shown[:1000]!r}"
            )

    @property
    def _chooser(self) -> Locator:
        return self._page.get_by_test_id("stFileUploaderDropzoneInput")

    async def _bring_photo(self) -> None:
        stream = io.BytesIO()
        self.photo().save(stream, "PNG")  # which keeps every pixel: it is explained alone later
        start = time.monotonic()
        await self._chooser.set_input_files(
            [{"name": f"photo-{self.number}.png", "mimeType": "image/png", "buffer": stream.getvalue()}]
        )
        await self._page.get_by_role("img", name=FOCUS).first.wait_for()
        self.waited = time.monotonic() - start

    async def _play(self, seconds: float) -> None:
        page, until = self._page, time.monotonic() + seconds
        choices = random.Random(self.number)
        while time.monotonic() < until:
            name = choices.choice(["Samples", "Regions shown", "Only what speaks for", "label", "Report"])
            if name == "Only what speaks for":
                await page.get_by_text(name, exact=True).first.click()
            elif name == "label":
                await page.locator("#labels label").nth(choices.randrange(5)).click()
            elif name == "Report":
                await self._take_away(name)
            else:
                slider = page.get_by_role("slider", name=name)
                await slider.focus()
                for _ in range(choices.randint(1, 6)):
                    await page.keyboard.press(choices.choice(["ArrowLeft", "ArrowRight", "ArrowLeft"]))
            self.moves += 1
            self.problems += await self._errors()
            await page.wait_for_timeout(choices.uniform(300, 3000))  # people think in between

    async def _look(self) -> None:
        await self._page.wait_for_function(AT_REST)
        self.numbers = json.loads(await self._take_away("Numbers"))
        self.problems += await self._errors()

    async def _take_away(self, name: str) -> str:
        async with self._page.expect_download() as download:
            await self._page.get_by_role("button", name=name, exact=True).click()
        return Path(await (await download.value).path()).read_text("utf-8")

    async def _errors(self) -> list[str]:
        shown = self._page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]')
        return [f"on the page: {text}" for text in await shown.all_inner_texts()]

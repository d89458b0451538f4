"""Finds a Chromium that Playwright can drive, and gets one where there is none.

Run it before the browser tests: ``python tests/browser/ensure_browser.py``.
"""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "LIMELIGHT_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONT_PACKAGE = "fonts-noto-cjk"


class NoBrowserError(Exception):
    """There is no browser; the message is one sentence that says what to do."""


def find_browser() -> str | None:
    """The browser's executable; None is the one that Playwright keeps itself.

    Raises
    ------
    NoBrowserError
        There is none, or ``LIMELIGHT_BROWSER`` names something else.
    """
    configured = os.environ.get(VARIABLE)
    if configured:
        if not version(configured):
            raise NoBrowserError(f"{VARIABLE} is {configured}, and that is no browser that starts.")
        return configured
    for candidate in ("/usr/bin/chromium", *map(shutil.which, NAMES)):
        if candidate and version(candidate):
            return candidate
    if version(playwrights_own()):
        return None
    raise NoBrowserError(
        "There is no Chromium or Chrome for the browser tests: install one, "
        f"or let {VARIABLE} name its executable."
    )


@functools.cache
def version(executable: str) -> str:
    """What the browser calls itself, such as ``Chromium 140.0.7339.16``; empty where it does not start."""
    try:  # asked, because Ubuntu's chromium-browser may be a script that only asks for a snap
        answer = subprocess.run(
            [executable, "--version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


@functools.cache
def playwrights_own() -> str:
    """Where Playwright keeps the browser that it can download."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def get_browser() -> None:
    """Install a browser, from the system's packages if possible."""
    if not install("chromium", FONT_PACKAGE) or not has_browser():
        run([sys.executable, "-m", "playwright", "install", "chromium"])


def has_browser() -> bool:
    """Whether `find_browser` finds one now."""
    version.cache_clear()
    try:
        find_browser()
    except NoBrowserError:
        return False
    return True


def has_japanese_font() -> bool:
    """Whether a Japanese text would show its letters."""
    if not shutil.which("fc-list"):
        return any(Path("/usr/share/fonts").rglob("*CJK*"))
    return bool(subprocess.run(["fc-list", ":lang=ja"], capture_output=True, check=False).stdout.strip())


def install(*packages: str) -> bool:
    """Install system packages where apt and the right to use it are there."""
    if not shutil.which("apt-get"):
        return False
    become_root: list[str] = []
    if os.geteuid() != 0:
        become_root = ["sudo", "-n"]
        if not shutil.which("sudo") or not run([*become_root, "true"]):
            return False
    apt = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    run([*apt, "update"])  # where it fails, the lists from before may do
    return run([*apt, "install", "-y", "--no-install-recommends", *packages])


def run(command: list[str]) -> bool:
    """Run a command, with its output among the errors; returns whether it succeeded."""
    try:
        return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0
    except OSError:
        return False


def main() -> int:
    """Make sure there is a browser; returns the exit code."""
    if not os.environ.get(VARIABLE) and not has_browser():
        print("There is no Chromium here yet; getting one …", file=sys.stderr)
        get_browser()
    if not has_japanese_font() and not install(FONT_PACKAGE):
        print("There is no Japanese font; the tests pass without one.", file=sys.stderr)
    version.cache_clear()
    try:
        browser = find_browser()
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return 1
    path = browser or playwrights_own()
    print(f"The browser tests use {path} ({version(path)}).")
    return 0


if __name__ == "__main__":
    sys.exit(main())

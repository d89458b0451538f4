"""Which browser the tests use, and what is said where there is none."""

import re
from pathlib import Path

import ensure_browser
import pytest


@pytest.fixture
def fake_browser(tmp_path: Path) -> Path:
    path = tmp_path / "browser"
    path.write_text("#!/bin/sh\necho Fake 1.2\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A machine where no program is and every command fails; collects the commands."""
    tried: list[list[str]] = []
    monkeypatch.delenv(ensure_browser.VARIABLE, raising=False)
    monkeypatch.setattr(ensure_browser, "version", lambda executable: "")
    monkeypatch.setattr(ensure_browser.version, "cache_clear", lambda: None, raising=False)
    monkeypatch.setattr(ensure_browser, "has_japanese_font", lambda: True)
    monkeypatch.setattr(ensure_browser, "run", lambda command: tried.append(command))
    monkeypatch.setattr(ensure_browser.shutil, "which", lambda name: None)
    return tried


def test_the_variable_decides(fake_browser: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv(ensure_browser.VARIABLE, str(fake_browser))
    assert ensure_browser.find_browser() == str(fake_browser)
    monkeypatch.setattr(ensure_browser, "has_japanese_font", lambda: True)
    assert ensure_browser.main() == 0
    assert capsys.readouterr().out == f"The browser tests use {fake_browser} (Fake 1.2).\n"


def test_a_variable_that_names_no_browser_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(ensure_browser.VARIABLE, "/nonexistent/browser")
    with pytest.raises(ensure_browser.NoBrowserError, match="LIMELIGHT_BROWSER is /nonexistent/browser"):
        ensure_browser.find_browser()


def test_where_all_fails_one_sentence_says_so(bare_machine: list[list[str]], capsys):
    assert ensure_browser.main() == 1
    assert [command[1:] for command in bare_machine] == [["-m", "playwright", "install", "chromium"]]
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.fullmatch(r"There is no [^.]+\.", last)


def test_the_systems_packages_come_first(bare_machine: list[list[str]], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ensure_browser.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(ensure_browser.os, "geteuid", lambda: 0)
    assert ensure_browser.main() == 1
    commands = [" ".join(command) for command in bare_machine]
    assert commands[0].endswith("apt-get -qq update")
    assert commands[1].endswith("install -y --no-install-recommends chromium fonts-noto-cjk")
    assert commands[2].endswith("-m playwright install chromium")

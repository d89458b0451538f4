"""Looks for known vulnerabilities in what is installed: ``make audit``.

pip-audit asks the package index for the advisories of every installed version. Where the index does not
offer them (many mirrors don't, and pip-audit then finds nothing wrong with nothing), what remains is the list
below: packages that see what a visitor or a model's author made, and the version since which their known
advisories are mended.
"""

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from packaging.version import Version

MENDED_SINCE = {
    "pillow": ("12.1.1", "CVE-2026-25990: a crafted PSD file writes beyond its buffer"),
    "tornado": ("6.5", "CVE-2025-47287: a crafted upload floods the log"),
    "starlette": ("0.49.1", "CVE-2025-62727: a crafted Range header keeps the server busy"),
    "jinja2": ("3.1.6", "CVE-2025-27516: a template leaves its sandbox"),
    "requests": ("2.32.4", "CVE-2024-47081: a crafted address is sent another host's password"),
    "urllib3": ("2.6.0", "CVE-2025-66471: a small compressed answer fills the memory"),
    "keras": ("3.12.0", "CVE-2025-12058: a model file reads local files"),
    "protobuf": ("6.31.1", "CVE-2025-4565: a deeply nested message ends the process"),
}
SECONDS = 300


def outdated() -> list[str]:
    """Which installed packages are older than their last known mending."""
    found = []
    for package, (mended, advisory) in MENDED_SINCE.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            continue
        if Version(installed) < Version(mended):
            found.append(f"{package} {installed} is older than {mended}: {advisory}")
    return found


def advisories() -> tuple[int, list[str]]:
    """How many packages pip-audit could look up, and what it found."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    try:
        packages = json.loads(answer.stdout)["dependencies"]
    except (ValueError, KeyError):
        return 0, []
    looked_up = [package for package in packages if "skip_reason" not in package]
    found = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, "
        f"mended in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for package in looked_up
        for vulnerability in package["vulns"]
    ]
    return len(looked_up), found


def main() -> int:
    looked_up, found = advisories()
    found += outdated()
    for line in found:
        print(line)
    asked = f"{looked_up} packages looked up" if looked_up else "advisories can't be reached from here"
    print(f"pip-audit: {asked}; {len(MENDED_SINCE)} packages compared with their last known advisory")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

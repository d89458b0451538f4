"""Judge thousands of generated files, and print what came of them."""

import argparse
import sys
import time

from .campaign import Campaign


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=20, help="begin nothing after so long")
    options = parser.parse_args()

    start = time.monotonic()
    findings = Campaign(options.seed, start + 60 * options.minutes).run(options.files)
    for line in findings.wrong:
        print(line)
    for sentence, times in findings.refusals.most_common(12):
        print(f"{times:6}  {sentence}")
    seconds, slow = findings.slowest
    memory, large = findings.largest
    print(f"slowest: {seconds:.2f} s of processor time, {slow}")
    print(f"lines that decoders wrote to the console themselves: {findings.printed}")
    print(f"most memory: {memory >> 20} MB, {large}")
    print(
        f"{findings.files} files in {time.monotonic() - start:.0f} s: {findings.photos} photos, "
        f"{sum(findings.refusals.values())} refused in one sentence, {len(findings.wrong)} wrong"
    )
    return int(bool(findings.wrong) or findings.files < options.files)


if __name__ == "__main__":
    sys.exit(main())

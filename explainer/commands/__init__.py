"""The commands of ``python -m explainer``, one a module; each has ``add_to(commands)``."""

import argparse
from typing import TypeAlias

BAD_INPUT = 2  # exit codes
GATE_FAILED = 3  # also where photos failed, which alone would be BAD_INPUT
INTERRUPTED = 130  # what shells take for Ctrl-C

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

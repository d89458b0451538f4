"""The commands of ``python -m explainer``, one a module; each has ``add_to(commands)``."""

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

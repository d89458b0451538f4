"""Start the page's server, as ``limelight page`` does."""

from collections.abc import Sequence
from pathlib import Path

from streamlit.web import cli

from .origins import ask_nobody_for_our_address

# An installed package has dashboard.py and .streamlit within it, a checkout beside it. Of all settings in
# files, those beside the script are read last, and hold.
_PLACES = (Path(__file__).with_name("start"), Path(__file__).parents[2])


def launch(options: Sequence[str] = (), results: Path | None = None) -> int:
    """Serve the page until it is stopped.

    Parameters
    ----------
    options : sequence of str
        What ``streamlit run`` takes.
    results : pathlib.Path, optional
        A folder of results to show.
    """
    ask_nobody_for_our_address()
    script = next(path for place in _PLACES if (path := place / "dashboard.py").is_file())
    of_the_page = ["--", "--results", str(results)] if results else []
    code: int = cli.main_run.main([str(script), *options, *of_the_page], prog_name="limelight page")
    return code

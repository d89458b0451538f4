"""Start the page's server, as ``limelight page`` does."""

from collections.abc import Sequence
from pathlib import Path

from streamlit.web import cli

from .origins import ask_nobody_for_our_address
from .started_with import MOST_RESULTS, too_many

# An installed package has dashboard.py and .streamlit within it, a checkout beside it. Of all settings in
# files, those beside the script are read last, and hold.
_PLACES = (Path(__file__).with_name("start"), Path(__file__).parents[2])


def launch(options: Sequence[str] = (), results: Sequence[Path] = ()) -> int:
    """Serve the page until it is stopped.

    Parameters
    ----------
    options : sequence of str
        What ``streamlit run`` takes.
    results : sequence of pathlib.Path
        The folders of results to show, two at most.

    Raises
    ------
    ExplainerError
        There are more.
    """
    if len(results) > MOST_RESULTS:
        raise too_many(results)
    ask_nobody_for_our_address()
    script = next(path for place in _PLACES if (path := place / "dashboard.py").is_file())
    named = [part for folder in results for part in ("--results", str(folder))]
    of_the_page = ["--", *named] if named else []
    code: int = cli.main_run.main([str(script), *options, *of_the_page], prog_name="limelight page")
    return code

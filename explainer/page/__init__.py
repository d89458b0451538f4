"""The page, a section a module; nothing else imports Streamlit."""

from pathlib import Path

LOGO = Path(__file__).with_name("logo.svg")
STYLE = Path(__file__).with_name("page.css")

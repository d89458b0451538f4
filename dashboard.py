"""The page. Run it with ``limelight page``, ``make run``, or ``streamlit run dashboard.py``."""

import streamlit as st

from explainer.page import LOGO, STYLE

st.set_page_config(page_title="Limelight", page_icon=str(LOGO), layout="wide")
st.html(STYLE)

from explainer.page import app  # noqa: E402  the first frame need not wait for it

app.draw()

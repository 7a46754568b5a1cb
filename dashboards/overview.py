"""The dashboards' entry: `streamlit run dashboards/overview.py`. Each page is a file in `views/`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

VIEWS = Path(__file__).resolve().parent / "views"

st.set_page_config(page_title="Groundswell", page_icon="🌊", layout="wide")

st.logo(VIEWS.parent / "logo.svg", size="large")
st.navigation(
    [
        st.Page(VIEWS / "week.py", title="Overview", icon=":material/space_dashboard:", default=True),
        st.Page(VIEWS / "findings.py", title="Findings", icon=":material/lightbulb:"),
        st.Page(VIEWS / "accounts.py", title="Accounts", icon=":material/domain:"),
        st.Page(VIEWS / "tickets.py", title="Tickets", icon=":material/confirmation_number:"),
        st.Page(VIEWS / "quality.py", title="Quality", icon=":material/verified_user:"),
    ],
    position="top",
).run()

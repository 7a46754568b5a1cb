"""Groundswell: support tickets in, bug reports, alerts and dashboards out.

The stages, in the order a ticket meets them: pull, landing, validate, (dbt) stage, enrich,
model, push, dashboards; learn closes the loop. Stages meet only in tables; what several
stages need lives in `flows.core`.
"""

import os

# Every library's telemetry is off unless the user turned it on.
for _name, _value in {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}.items():
    os.environ.setdefault(_name, _value)

__version__ = "0.1.0"

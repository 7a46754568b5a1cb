"""What may differ between a company's end state in peace and on a bad network, and why.

A source or a destination that fails for an hour makes what is told come an hour late, and nothing else. So these may
differ: when something was told, what was read back of it, who reacted to it, the numbers and quotes of that hour (a
message is edited when what matters in it changes, and its content hash is of that), and which issues a digest could
link to. Everything else is equal: every record of the vendors, every row of the marts, every issue with its title,
state, comments, customers and links, every message with its content hash, every finding and its states, every delivery.
"""

from __future__ import annotations

import json


def may_differ(line: str) -> str | None:
    """What of a line of an end state must be equal; None: nothing."""
    kind, rest = line.split(" ", 1)
    if kind.startswith(("linear.", "slack.")):  # read back: with the time of telling, and an id made of it
        return None
    if kind == "fct_account_timeline":
        row = json.loads(rest)
        if row["system"] == "groundswell":
            return " ".join((kind, *(row[name] for name in ("account_key", "what", "record_id", "text"))))
        return f"{kind} {json.dumps(row | {'place': None}, sort_keys=True)}"  # what was told later stands behind others
    if kind == "finding_state":
        key, body = rest.split(" ", 1)
        return f"{kind} {key} {json.dumps({**json.loads(body), 'at': None}, sort_keys=True)}"
    if kind == "delivery":
        key, body = rest.split(" ", 1)
        return f"{kind} {key} {json.loads(body)['status']}"
    if kind == "label":  # simulated colleagues: who of them reacts in Slack depends on when the message came
        key, body = rest.split(" ", 1)
        return None if ":slack:" in key else f"{kind} {key} {json.loads(body)['label']}"
    if rest.startswith("description "):
        return f"{kind} description"
    if rest.startswith("needs "):
        return f"{kind} needs {json.loads(rest.split(' ', 1)[1])['customer']}"
    if kind in ("C0ALERTS", "C0DIGEST"):
        how, body = rest.split(" ", 1)
        return f"{kind} {how} {json.loads(body)['metadata']}"
    return line

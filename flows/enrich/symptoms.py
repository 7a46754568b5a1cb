"""Which symptom a ticket describes, and whether it reads like a bug.

The rules are the seed `symptoms.csv`: a pattern in the common part of Rust's and Python's regular
expressions, a weight, and a kind (problem, question, request, bug, spam). A rule counts once in the subject,
doubled, and once in the text. The symptom with the largest sum wins, ties go to the rule listed first.
"""

from __future__ import annotations

import polars as pl

VERSION = 1
BUG_EVIDENCE = 2.0  # a sum of weights from which a problem counts as described
SAMPLE = 3_000  # characters of text the rules look at


def score_symptoms(titles: pl.Series, texts: pl.Series, rules: pl.DataFrame) -> pl.DataFrame:
    """One row a ticket: `symptom` (null where no problem rule fires), `problem`, `question`, `request`, `bug`,
    `spam` (sums of weights of the strongest class of each kind), `rules` (ids of the rules that fired).

    `titles` and `texts` are redacted, not null and of equal length; rules have the columns of the seed.
    """
    frame = pl.DataFrame({"title": titles, "text": texts.str.slice(0, SAMPLE)}).select(
        pl.col("title", "text").str.to_lowercase().str.replace_all("’", "'", literal=True)
    )
    points = [
        (pl.col("title").str.contains(rule["pattern"]) * 2 * rule["weight"]).fill_null(0.0)
        + (pl.col("text").str.contains(rule["pattern"]) * rule["weight"]).fill_null(0.0)
        for rule in rules.iter_rows(named=True)
    ]
    scored = frame.select(
        expression.alias(rule_id) for expression, rule_id in zip(points, rules["rule_id"], strict=True)
    )
    classes = rules.group_by("symptom", "kind", maintain_order=True).agg("rule_id")
    sums = scored.select(
        pl.sum_horizontal(row["rule_id"]).alias(row["symptom"]) for row in classes.iter_rows(named=True)
    )
    problems = classes.filter(kind="problem")["symptom"].to_list()
    strongest = sums.select(problems).with_columns(problem=pl.max_horizontal(problems))
    fired = [pl.when(pl.col(rule_id) > 0).then(pl.lit(rule_id)).otherwise(None) for rule_id in rules["rule_id"]]
    return pl.DataFrame(
        {
            "symptom": strongest.select(
                pl.coalesce(
                    [
                        pl.when((pl.col("problem") > 0) & (pl.col(name) == pl.col("problem"))).then(pl.lit(name))
                        for name in problems
                    ]
                )
            ).to_series(),
            "problem": strongest["problem"],
            **{
                kind: sums.select(
                    pl.max_horizontal(classes.filter(kind=kind)["symptom"].to_list() or [pl.lit(0.0)])
                ).to_series()
                for kind in ("question", "request", "bug", "spam")
            },
            "rules": scored.select(pl.concat_list(fired).list.drop_nulls()).to_series(),
        }
    )


def describes_problem(texts: pl.Series, rules: pl.DataFrame) -> pl.Series:
    """For each text, such as a sentence, whether any problem rule fires."""
    lowered = pl.DataFrame({"text": texts.str.to_lowercase().str.replace_all("’", "'", literal=True)})
    # One pattern at a time: joined, they outgrow the automaton that makes each of them fast.
    patterns = rules.filter(kind="problem")["pattern"]
    return lowered.select(pl.any_horizontal(pl.col("text").str.contains(pattern) for pattern in patterns)).to_series()


def is_bug_like(problem: float, question: float, has_error: bool, bug_share: float | None, bug: float = 0.0) -> bool:
    """Whether a ticket reports that something does not work.

    `problem`, `question` and `bug` (that the customer calls it one) are sums from `score_symptoms`; `has_error`: an
    error signature was found; `bug_share` is the probability the intent model gives to bug-like intents, None where
    intents say nothing about bugs. A how-to that only mentions a problem stays a how-to.
    """
    evidence = problem + bug + (2.0 if has_error else 0.0)
    described = evidence >= BUG_EVIDENCE and evidence >= question
    if bug_share is None:
        return described
    return (bug_share >= 0.5 and evidence > 0) or bug_share >= 0.8 or (described and bug_share >= 0.2)

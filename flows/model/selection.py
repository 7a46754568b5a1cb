"""Which models, seeds and tests a run builds: chosen here from the parsed project and marked in it for dbt.

dbt's own syntax looks through the whole project once a criterion and three times a command, which takes longer than
many a model; a mark is one criterion.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import ManifestNode

Layer = Literal["stage", "judge", "history", "settle", "replay"]

COMMON = "models/intermediate/common"
STAGED = ("models/staging", COMMON)
# What each layer builds: folders, and those of them that it leaves out. A new folder belongs to its layer without
# being named here.
FOLDERS: dict[Layer, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "stage": (STAGED, ()),
    "judge": (("models/intermediate", "models/marts", "models/publish"), (COMMON,)),
    # Many moments of the past: nothing of them is published.
    "history": (("models/intermediate", "models/marts"), (COMMON,)),
    # After pushing: what the findings say about where they were filed; they were tested a moment ago.
    "settle": (("models/marts/findings",), ()),
    # Moments of the past in a copy of the warehouse: of these only what asks for moments (`readers`).
    "replay": (("models/intermediate", "models/marts/findings"), (COMMON,)),
}
# Left to the night: the generic tests of these. Every hour judges what leaves the warehouse by its suite
# (`expectations/published`), and asserts what holds across tables.
NIGHTLY = ("models/intermediate", "models/marts", "models/publish")
MARK = "due"


def models_of(manifest: Manifest, layer: Layer) -> set[str]:
    """Ids of the models of a layer."""
    folders, without = FOLDERS[layer]
    return {
        key
        for key, node in manifest.nodes.items()
        if str(node.resource_type) == "model" and _lies_in(node, folders) and not _lies_in(node, without)
    }


def readers(
    manifest: Manifest, models: Iterable[str], sources: Collection[str], there: Collection[tuple[str, str]]
) -> set[str]:
    """Those of the models that read any of these sources (`landing.zendesk__tickets`), by whatever way, or that are
    not among the relations (schema, name) that are there."""

    @cache
    def reads(key: str) -> bool:
        if key in manifest.sources:
            source = manifest.sources[key]
            return f"{source.source_name}.{source.name}" in sources
        node = manifest.nodes.get(key)
        return node is not None and any(reads(parent) for parent in node.depends_on_nodes)

    def due(key: str) -> bool:
        node = manifest.nodes[key]
        return node.config.materialized != "ephemeral" and (reads(key) or (node.schema, node.name) not in there)

    return {key for key in models if due(key)}


def seeds(manifest: Manifest) -> set[str]:
    """Ids of the seeds."""
    return {key for key, node in manifest.nodes.items() if str(node.resource_type) == "seed"}


def tests_of(manifest: Manifest, built: Collection[str], *, nightly: bool = True) -> set[str]:
    """Ids of the tests of these models and seeds, but for those that also read what is built after them. nightly:
    whether those that are left to the night are among them. Unit tests are not."""

    @cache
    def above(key: str) -> frozenset[str]:
        node = manifest.nodes.get(key)
        parents = frozenset(node.depends_on_nodes) if node is not None else frozenset()
        return parents.union(*map(above, parents))

    known = frozenset(built).union(*map(above, built), manifest.sources)

    def due(node: ManifestNode) -> bool:
        parents = set(node.depends_on_nodes)
        is_nightly = getattr(node, "test_metadata", None) is not None and _lies_in(node, NIGHTLY)
        return parents <= known and not parents.isdisjoint(built) and (nightly or not is_nightly)

    return {key for key, node in manifest.nodes.items() if str(node.resource_type) == "test" and due(node)}


def mark(manifest: Manifest, chosen: Collection[str]) -> list[str]:
    """Mark what a command is to build, and drop the tests that it is not to run: dbt would have each model wait for
    those of all before it. Returns the arguments that have dbt build just that."""
    for key, node in list(manifest.nodes.items()):
        if key in chosen:
            node.tags.append(MARK)
        elif str(node.resource_type) == "test":
            del manifest.nodes[key]
    manifest.unit_tests.clear()
    return ["--select", f"tag:{MARK}", "--indirect-selection", "empty"]


def _lies_in(node: ManifestNode, folders: Iterable[str]) -> bool:
    return node.original_file_path.startswith(tuple(f"{folder}/" for folder in folders))

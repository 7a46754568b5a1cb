"""Which embedder is in force: the fitted one, alone or fused with the one that [models] names."""

from __future__ import annotations

from flows.core.errors import VendorError
from flows.core.run import Run
from flows.enrich.fused_embedding import FusedEmbedder
from flows.enrich.local_embedding import LocalEmbedder, local_embedder
from flows.enrich.protocols import Embedder
from flows.enrich.remote_embedding import RemoteEmbedder, Service, remote_id
from flows.enrich.vectors import Vectors

WEIGHT = 0.5  # of the fitted embedder, where it is fused with another


def other_id(run: Run) -> str:
    """The id of the embedder that is configured beside the fitted one; empty where none is.

    Raises ConfigError when its library or its model is not there.
    """
    models = run.settings.models
    if models.embedder == "sentence" or models.embedder == "static":
        return local_embedder(models.embedder, models.path, models.package).model_id
    return remote_id(models.embeddings) if models.embedder == "openai" and models.embeddings else ""


def fuse(run: Run, fitted: Embedder) -> Embedder | None:
    """The fitted embedder with the configured one beside it; None while a service that is needed does not answer."""
    models = run.settings.models
    other: LocalEmbedder | RemoteEmbedder
    if models.embedder == "sentence" or models.embedder == "static":
        other = local_embedder(models.embedder, models.path, models.package)
    elif models.embedder == "openai" and models.embeddings:
        service = _service(run)
        try:
            width = models.embeddings.dimensions or (service.width() if service else 0)
        except VendorError as error:
            run.report.problems.append(f"The embedder stays as it is: {error}")
            return None
        if not service:
            return None
        other = RemoteEmbedder(remote_id(models.embeddings), width)
    else:
        return fitted
    return equip(run, FusedEmbedder((fitted, other), (WEIGHT, 1 - WEIGHT)))


def equip(run: Run, embedder: Embedder) -> Embedder:
    """Give an embedder what an artifact cannot hold: the place where its vectors are kept, and its service."""
    for part in _parts(embedder):
        if isinstance(part, LocalEmbedder | RemoteEmbedder):
            part.vectors = Vectors(run.settings.home / "vectors" / f"{part.model_id}.sqlite")
        if isinstance(part, RemoteEmbedder):
            configured = run.settings.models.embeddings
            is_the_same = configured is not None and remote_id(configured) == part.model_id
            part.service = _service(run) if is_the_same else None
    return embedder


def beside(embedder: Embedder) -> Embedder | None:
    """What stands beside the fitted embedder, whose words an intent model reads anyway; None where nothing does."""
    return embedder.parts[1] if isinstance(embedder, FusedEmbedder) else None


def is_alone(embedder: Embedder) -> bool:
    """Whether texts are to be read in one process: what is loaded is large, or has a budget."""
    return any(
        isinstance(part, RemoteEmbedder) or (isinstance(part, LocalEmbedder) and part.kind == "sentence")
        for part in _parts(embedder)
    )


def lacks(embedder: Embedder, texts: list[str]) -> list[bool]:
    """For which texts a service has not given its vectors yet."""
    lacking = [part.lacks(texts) for part in _parts(embedder) if isinstance(part, RemoteEmbedder)]
    return [any(some) for some in zip(*lacking, strict=True)] if lacking else [False] * len(texts)


def can_fill(embedder: Embedder) -> bool:
    """Whether what a service has not given yet can be had in this run."""
    services = [part.service for part in _parts(embedder) if isinstance(part, RemoteEmbedder)]
    return all(service is not None and service.is_open for service in services)


def _parts(embedder: Embedder) -> tuple[Embedder, ...]:
    return embedder.parts if isinstance(embedder, FusedEmbedder) else (embedder,)


def _service(run: Run) -> Service | None:
    configured, key = run.settings.models.embeddings, run.settings.openai_key()
    if configured and key:
        return Service(run, configured, key)
    missing = 'embedder = "openai" needs OPENAI_API_KEY, which is not set: the embedder stays as it is'
    if missing not in run.report.problems:
        run.report.problems.append(missing)
    return None

"""How topics live on from one look to the next: pure functions on topics and points.

A topic is a centroid with an id. While the embedder stays the same, centroids stay where they are, and so do tickets.
When it is fitted again each topic goes to where its tickets now lie, under the same id; nothing is clustered anew but
what lies outside. A topic is split when average linkage would no longer join its tickets, by a margin, and merged when
its centroid has become another's. What people edited is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from flows.core.keys import digest
from flows.enrich import clusters
from flows.enrich.assignment import Topic, attractors, centroids_of, stands_for
from flows.enrich.protocols import Matrix

SAME_TOPIC = 0.6  # cosine between a new group and a retired topic that comes back
ONE_TOPIC = 0.9  # cosine between two centroids that are one topic
GROWN = 1.5  # times its recorded size
SPLIT_SHARE = 0.2  # of a topic's tickets that a part of it must have to become a topic of its own
RETIRED_BELOW = 3  # tickets of those looked at


@dataclass(frozen=True)
class Change:
    """One row of lineage: a topic was born | grown | split | merged | retired | revived.

    `related`: what it was split from, or merged into. `tickets`: how many it had then.
    """

    topic_id: str
    change: str
    related: str | None = None
    tickets: int = 0


@dataclass
class Lineage:
    """All topics by id in the space `model_id`, and what has changed since `topics` was read."""

    topics: dict[str, Topic]
    model_id: str
    changes: list[Change] = field(default_factory=list)

    def attractors(self) -> list[Topic]:
        return attractors(self.topics, self.model_id)

    def live(self) -> list[Topic]:
        return [topic for _, topic in sorted(self.topics.items()) if topic.is_live]

    def reanchor(self, points: Matrix, belonged: NDArray[np.object_], point_of: Callable[[str], Matrix]) -> None:
        """Move every topic into this space: to the mean of its tickets (`belonged`: topic of each point, or "").

        A topic without tickets goes to where its words lie (`point_of` a text: one row); the tickets of one that others
        were merged into are shared out among them by words first. What lies nowhere is retired. Where nobody knows any
        more what belonged to which, tickets belong to the topic whose words are nearest.
        """
        standing: dict[str, list[str]] = {}
        for topic_id in sorted(self.topics):
            if final := stands_for(self.topics, topic_id):
                standing.setdefault(final, []).append(topic_id)
        seeds_of = {
            final_id: np.vstack([point_of(" ".join(self.topics[part].words)) for part in parts])
            for final_id, parts in standing.items()
        }
        if standing and not any(belonged):
            place, _ = clusters.assign(points, np.vstack(list(seeds_of.values())))
            owner = [final_id for final_id, parts in standing.items() for _ in parts]
            belonged = np.array([owner[k] if k >= 0 else "" for k in place.tolist()], dtype=object)
        for final_id, parts in standing.items():
            seeds = seeds_of[final_id]
            members = points[(belonged == final_id) & points.any(axis=1)]
            place = (members @ seeds.T).argmax(axis=1) if len(members) else np.zeros(0, np.int64)
            for k, part in enumerate(parts):
                self._move(part, members[place == k].mean(axis=0) if (place == k).any() else seeds[k])
        for topic_id, topic in sorted(self.topics.items()):
            if stands_for(self.topics, topic_id) is None and topic.version != self.model_id:
                self._move(topic_id, point_of(" ".join(topic.words))[0])

    def _move(self, topic_id: str, point: Matrix) -> None:
        topic = self.topics[topic_id]
        if point.any():
            centroid = _values(point)
            self.topics[topic_id] = replace(topic, centroid=centroid, version=self.model_id)
        elif topic.is_live:
            self._retire(topic, 0)

    def merge(self, sizes: dict[str, int]) -> None:
        """Topics whose centroids have become one: the smaller joins the larger, the younger on a tie."""
        kept: list[Topic] = []
        for topic in sorted(self.live(), key=lambda t: (-sizes.get(t.topic_id, 0), t.born_at, t.topic_id)):
            near = centroids_of(kept) @ np.array(topic.centroid, dtype=np.float32) if kept else np.zeros(0)
            into = kept[int(near.argmax())] if len(near) and near.max() >= ONE_TOPIC else None
            if into is None or (topic.edited or into.edited):
                kept.append(topic)
            else:
                self.join(topic.topic_id, into.topic_id, sizes.get(topic.topic_id, 0))

    def join(self, topic_id: str, into: str, tickets: int) -> None:
        """Merge one topic into another."""
        self.topics[topic_id] = replace(self.topics[topic_id], status="retired", into=into)
        self.changes.append(Change(topic_id, "merged", into, tickets))

    def split(self, points: Matrix, place: NDArray[np.object_], looked_at: Sequence[str], smallest: int) -> None:
        """Divide those of the topics `looked_at` whose tickets (`place`: topic of each point) lie in several groups.

        The largest group keeps the id.
        """
        for topic_id in sorted(looked_at):
            topic = self.topics[topic_id]
            members = points[place == topic_id]
            if topic.edited or not topic.is_live or len(members) < 2 * smallest:
                continue
            parts = clusters.parts(members, max(smallest, round(SPLIT_SHARE * len(members))))
            if len(parts) < 2:
                continue
            self.topics[topic_id] = replace(topic, centroid=_values(parts[0].centroid), label="", size=parts[0].size)
            for part in parts[1:]:
                self.add(part.centroid, "split", topic_id, part.size)

    def add(
        self, centroid: Matrix, change: str, related: str | None, tickets: int, *, topic_id: str | None = None
    ) -> None:
        """A new topic. One that a person made brings its own id."""
        values = _values(centroid)
        name = topic_id or f"topic-{digest(self.model_id, *(f'{value:.4f}' for value in values))[:8]}"
        self.topics[name] = Topic(name, "", [], values, tickets, "live", self.model_id, "", edited=topic_id is not None)
        self.changes.append(Change(name, change, related, tickets))

    def bear(self, centroids: Matrix, sizes: Sequence[int]) -> None:
        """New groups are topics: one that was retired and lies there comes back, else one is born."""
        for centroid, size in zip(centroids, sizes, strict=True):
            near = [
                (float(np.dot(t.centroid, centroid)), t) for t in self.topics.values() if t.version == self.model_id
            ]
            if any(value >= ONE_TOPIC for value, topic in near if topic.is_live or topic.into):
                continue
            asleep = [(-round(value, 4), t.topic_id) for value, t in near if not t.is_live and not t.into]
            if asleep and -min(asleep)[0] >= SAME_TOPIC:
                topic_id = min(asleep)[1]
                self.topics[topic_id] = replace(self.topics[topic_id], status="live", centroid=_values(centroid))
                self.changes.append(Change(topic_id, "revived", None, size))
            else:
                self.add(centroid, "born", None, size)

    def count(self, sizes: dict[str, int], looked_at: Collection[str]) -> None:
        """Note the sizes of the live topics: which of those looked at have grown, and which have no tickets left."""
        fresh = {change.topic_id for change in self.changes}
        for topic in self.live():
            size = sizes.get(topic.topic_id, 0)
            if size < RETIRED_BELOW and not topic.edited and topic.topic_id not in fresh:
                self._retire(topic, size)
            elif not topic.size or topic.topic_id in fresh:
                self.topics[topic.topic_id] = replace(topic, size=size)
            elif size >= GROWN * topic.size and topic.topic_id in looked_at:
                self.topics[topic.topic_id] = replace(topic, size=size)
                self.changes.append(Change(topic.topic_id, "grown", None, size))

    def _retire(self, topic: Topic, tickets: int) -> None:
        self.topics[topic.topic_id] = replace(topic, status="retired")
        self.changes.append(Change(topic.topic_id, "retired", None, tickets))


def _values(centroid: Matrix) -> list[float]:
    return [round(float(value), clusters.DECIMALS) for value in normalize(centroid.reshape(1, -1))[0]]

"""Relations of the parts of a workbook (ECMA-376 part 2): where they are kept, and what they point to."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

_NAMESPACES = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
# What the attribute is called by which an element names a relation.
_IDS = tuple(f"{namespace} id" for namespace in _NAMESPACES)


@dataclass(frozen=True)
class Relation:
    """A relation of one part to another; `kind` is the last word of its type (`worksheet`, `table` ...)."""

    kind: str
    target: str
    external: bool = False


def relations_part(part: str) -> str:
    """Where a part's relations are kept."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def resolved(part: str, target: str) -> str:
    """The part a relation of `part` points to."""
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def relation(part: str, attributes: Mapping[str, str]) -> Relation:
    """The relation that an element `Relationship` of a part says."""
    external = attributes.get("TargetMode") == "External"
    target = attributes.get("Target", "")
    kind = attributes.get("Type", "")
    return Relation(
        kind.rpartition("/")[2] if kind.startswith(_NAMESPACES) else kind,
        target if external else resolved(part, target),
        external,
    )


def named_by(attributes: Mapping[str, str], relations: Mapping[str, Relation]) -> Relation | None:
    """The relation an element names; None where there is none of that id."""
    return next((relations.get(value) for key, value in attributes.items() if key in _IDS), None)

"""What the doctor finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One known trap in a workspace."""

    where: str
    what: str
    remedy: str

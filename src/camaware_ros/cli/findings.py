"""What `camaware doctor` reports: findings, their table and the exit code. Pure text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what was looked at.
        level: `ok`; `note` where something optional is missing; `bad` where something will fail.
        text: what was found.
        fix: what to do about it; required unless the level is `ok`.
    """

    subject: str
    level: Level
    text: str
    fix: str = ""

    def __post_init__(self) -> None:
        """Refuse a complaint without a way out.

        Raises:
            ValueError: level is not `ok` and there is no fix.
        """
        if self.level != "ok" and not self.fix:
            raise ValueError(f"fix: expected what to do about {self.subject}, got none")


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 1 when anything is bad, else 0."""
    return int(any(finding.level == "bad" for finding in findings))


def table(findings: Sequence[Finding]) -> str:
    """One line per finding; below it the fix where there is one."""
    width = max((len(finding.subject) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{finding.level:>4}  {finding.subject:{width}}  {finding.text}")
        if finding.fix:
            lines.append(f"{'':{width + 6}}  -> {finding.fix}")
    return "\n".join(lines)

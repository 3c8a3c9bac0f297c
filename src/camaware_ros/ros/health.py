"""What a node knows about its own state: problems by stage, rates, latencies. Pure, no rclpy.

A node that says nothing is the most common complaint about robot software, so each stage of the
work either is well or holds one problem with a code for programs and a sentence for people.
"""

from __future__ import annotations

import copy
import threading
from collections import Counter, deque
from dataclasses import dataclass
from enum import Enum, IntEnum


class Level(IntEnum):
    """How bad, with the numbers of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2


class Reason(str, Enum):
    """Codes of what can be wrong with grounding; other nodes may have codes of their own."""

    NOT_ACTIVE = "not_active"
    NO_IMAGE = "no_image"
    NO_CAMERA_INFO = "no_camera_info"
    STAMPS_APART = "stamps_apart"
    FRAMES_DIFFER = "frames_differ"
    IMAGE_INVALID = "image_invalid"
    CAMERA_INVALID = "camera_invalid"
    IMAGE_TOO_OLD = "image_too_old"
    TF_MISSING = "tf_missing"
    MOUNTING_UNKNOWN = "mounting_unknown"
    OUTSIDE_TRAINED_RANGE = "outside_trained_range"
    NO_COMMAND = "no_command"
    COMMAND_INVALID = "command_invalid"
    UNKNOWN_WORD = "unknown_word"
    QUESTION_INVALID = "question_invalid"
    CANNOT_ANSWER = "cannot_answer"
    ANSWER_DOUBTFUL = "answer_doubtful"
    MODEL_UNUSABLE = "model_unusable"
    PARAMETER_INVALID = "parameter_invalid"
    QOS_INCOMPATIBLE = "qos_incompatible"
    JOB_FAILED = "job_failed"
    TRANSITION_FAILED = "transition_failed"
    NO_CLOCK = "no_clock"
    CLOCK_JUMPED = "clock_jumped"
    CLOCKS_DIFFER = "clocks_differ"
    SEVERAL_PUBLISHERS = "several_publishers"


@dataclass(frozen=True, slots=True)
class Problem:
    """One stage's problem."""

    code: str
    text: str
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state at one moment.

    Attributes:
        level: of the worst problem.
        message: codes and sentences of all problems, worst first; "ok" without any.
        values: (key, value) for display, in a stable order.
    """

    level: Level
    message: str
    values: tuple[tuple[str, str], ...]


class Health:
    """Collects from several threads.

    Args:
        now_s: monotonic time at the start.
    """

    def __init__(self, now_s: float) -> None:
        self._lock = threading.Lock()
        self._problems: dict[str, Problem | None] = {}
        self._streams: dict[str, _Stream] = {}
        self._counts: Counter[str] = Counter()
        self._facts: dict[str, str] = {}
        self._latencies_s: dict[str, deque[float]] = {}
        self._since_s = now_s
        self._counts_then: Counter[str] = Counter()
        self._events: dict[str, Problem] = {}
        self._name = ""

    def named(self, name: str) -> Health:
        """The same health, told under a name (one of several cameras); empty: as it is."""
        view = copy.copy(self)
        view._name = f"{name} " if name else ""
        return view

    def ok(self, stage: str) -> None:
        """The stage works."""
        with self._lock:
            self._problems[self._name + stage] = None

    def problem(
        self, stage: str, code: str | Reason, text: str, level: Level = Level.ERROR
    ) -> bool:
        """The stage has a problem, which replaces the one it had.

        Returns:
            True where the code is another than before (worth a line in the log).
        """
        problem = Problem(_code(code), self._told(text), level)
        with self._lock:
            before = self._problems.get(self._name + stage)
            self._problems[self._name + stage] = problem
        return before is None or before.code != problem.code

    def event(self, stage: str, code: str | Reason, text: str) -> None:
        """Something that is over already; the next snapshot tells it as a warning, once."""
        with self._lock:
            self._events[self._name + stage] = Problem(_code(code), self._told(text), Level.WARN)

    def expect(self, stage: str, code: str | Reason, source: str, silence_s: float) -> None:
        """From now on this stage should hear from ``source`` at least every ``silence_s``."""
        with self._lock:
            self._streams[self._name + stage] = _Stream(_code(code), source, silence_s)

    def expect_nothing(self) -> None:
        """No stage is expected to hear anything (the node is not active)."""
        with self._lock:
            self._streams.clear()
            self._problems.clear()

    def heard(self, stage: str, now_s: float) -> None:
        """Something came; counts it as well."""
        with self._lock:
            self._counts[self._name + stage] += 1
            if self._name + stage in self._streams:
                self._streams[self._name + stage].last_s = now_s

    def count(self, name: str, times: int = 1) -> None:
        """Something happened; shown as total and rate."""
        with self._lock:
            self._counts[self._name + name] += times

    def fact(self, name: str, value: object) -> None:
        """A value to show as it is."""
        with self._lock:
            self._facts[self._name + name] = str(value)

    def took(self, name: str, seconds: float) -> None:
        """A duration, of which percentiles over the last 200 are shown."""
        with self._lock:
            durations = self._latencies_s.setdefault(self._name + name, deque(maxlen=200))
            durations.append(seconds)

    def snapshot(self, now_s: float) -> Snapshot:
        """The state now; rates are since the last snapshot."""
        with self._lock:
            problems = {stage: found for stage, found in self._problems.items() if found}
            problems |= {
                stage: silent
                for stage, stream in self._streams.items()
                if (silent := stream.silence(now_s))
            }
            problems = self._events | problems
            self._events.clear()
            ordered = sorted(problems.items(), key=lambda item: -item[1].level)
            values = [(stage, self._shown(problems.get(stage))) for stage in self._stages()]
            values += sorted(self._facts.items())
            values += self._rates(max(now_s - self._since_s, 1e-9)) + self._percentiles()
            self._since_s, self._counts_then = now_s, Counter(self._counts)
        texts = [f"{problem.code}: {problem.text}" for _, problem in ordered]
        return Snapshot(
            level=ordered[0][1].level if ordered else Level.OK,
            message="; ".join(texts) or "ok",
            values=tuple(values),
        )

    def _told(self, text: str) -> str:
        return f"{self._name.strip()}: {text}" if self._name else text

    def _stages(self) -> list[str]:
        return sorted({*self._problems, *self._streams})

    @staticmethod
    def _shown(problem: Problem | None) -> str:
        return f"{problem.code}: {problem.text}" if problem else "ok"

    def _rates(self, elapsed_s: float) -> list[tuple[str, str]]:
        rows: list[tuple[str, str]] = []
        for name in sorted(self._counts):
            new = self._counts[name] - self._counts_then[name]
            rows += [(f"{name} count", str(self._counts[name]))]
            rows += [(f"{name} rate Hz", f"{new / elapsed_s:.2f}")]
        return rows

    def _percentiles(self) -> list[tuple[str, str]]:
        rows: list[tuple[str, str]] = []
        for name, seconds in sorted(self._latencies_s.items()):
            ordered = sorted(seconds)
            for percent in (50, 95):
                place = min(len(ordered) * percent // 100, len(ordered) - 1)
                rows += [(f"{name} p{percent} ms", f"{1e3 * ordered[place]:.1f}")]
        return rows


def _code(code: str | Reason) -> str:
    return code.value if isinstance(code, Reason) else code


class _Stream:
    """A source that should not be silent for long."""

    def __init__(self, code: str, source: str, silence_s: float) -> None:
        self._code = code
        self._source = source
        self._silence_s = silence_s
        self.last_s: float | None = None

    def silence(self, now_s: float) -> Problem | None:
        if self.last_s is None:
            return Problem(self._code, f"nothing has come on {self._source} yet", Level.ERROR)
        quiet_s = now_s - self.last_s
        if quiet_s <= self._silence_s:
            return None
        return Problem(
            self._code, f"nothing has come on {self._source} for {quiet_s:.1f} s", Level.ERROR
        )

"""What people asked and cameras have yet to answer. A question leaves the order at hand alone."""

from __future__ import annotations

from collections.abc import Sequence

from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.report import Report
from camaware_ros.ros.shared_model import SharedModel

CANNOT_ANSWER = "this model was not taught to answer questions"


class Questions:
    """The newest question, until every camera has answered it once.

    Args:
        cameras: names of all.
        model: that is asked.
        report: told why a question finds no answer.
    """

    def __init__(self, cameras: Sequence[str], model: SharedModel, report: Report) -> None:
        self._cameras, self._model, self._report = tuple(cameras), model, report
        self._waiting: dict[str, str] = {}

    def ask(self, text: str) -> str:
        """Take a question; returns a sentence for people: what becomes of it."""
        self.forget()
        if not self._model.can_answer:
            return self._refused(Reason.CANNOT_ANSWER, CANNOT_ANSWER)
        try:
            self._model.check_question(text)
        except ValueError as error:
            return self._refused(Reason.QUESTION_INVALID, str(error))
        self._waiting = dict.fromkeys(self._cameras, text)
        return f"looking for an answer to: {text}"

    def of(self, camera: str) -> str | None:
        """What a camera is asked; None for nothing."""
        return self._waiting.get(camera)

    def settled(self, camera: str, text: str, doubts: Sequence[str] = ()) -> bool:
        """The camera has done with a question; False where that is not asked any more.

        Args:
            camera: name.
            text: of the question.
            doubts: why its answer deserves less trust; told until the next text comes.
        """
        if self._waiting.get(camera) != text or self._waiting.pop(camera, None) is None:
            return False
        if doubts:
            told = "; ".join(doubts)
            self._report.of(camera).problem("question", Reason.ANSWER_DOUBTFUL, told, Level.WARN)
        return True

    def forget(self) -> None:
        """Nothing is asked; what was wrong with the last question is of the past."""
        self._waiting = {}
        for camera in ("", *self._cameras):
            self._report.of(camera).health.ok("question")

    def _refused(self, reason: Reason, text: str) -> str:
        self._report.problem("question", reason, text, Level.WARN)
        return text

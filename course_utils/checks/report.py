"""What a check found: outcomes, the printed report, and where a student is in the chapter."""

from __future__ import annotations

from dataclasses import dataclass, field

from course_utils.checks.cells import notebook_names, outdated

NAME_WIDTH, TEXT_WIDTH = 52, 120
UNTRIED, PASSED = "not tried yet", "passed"
CHANGED = "your answer has changed since its check: run the check again"
HAND_IN = (
    "Grading tries your functions on other inputs too, so a pass here is likely but not promised.\n"
    "To hand in: run all cells, save the notebook, look a last time with `course check FILE.ipynb` in a\n"
    "terminal (in Colab `!course check FILE.ipynb` in a cell), and upload this one file."
)


class Wrong(Exception):
    """A case failed: with which input, what was expected, what came, the likely cause, what to try."""

    def __init__(self, expected: object, got: object, likely: str, remedy: str, given: str = ""):
        super().__init__(f"expected {expected}, got {got}")
        told = {"expected": str(expected), "got": str(got), "likely": likely, "try": remedy}
        self.rows = {"given": given, **told} if given else told


class CheckFailed(AssertionError):
    """At least one case of a check failed; the report above it says which."""

    def _render_traceback_(self) -> list[str]:
        """Shown by IPython in place of a traceback; it must be a list of str."""
        return [f"CheckFailed: {self}"]


class LibraryAnswer(AssertionError):
    """The answer is, imports or calls the function of course_utils that it was to replace."""

    def _render_traceback_(self) -> list[str]:
        return [f"LibraryAnswer: {self}"]


class Tampered(LibraryAnswer):
    """The answer looks at, or changes, what tests it; in grading a person then looks at it."""

    def _render_traceback_(self) -> list[str]:
        return [f"Tampered: {self}"]


@dataclass(frozen=True)
class Outcome:
    """What came of one case; ``status`` is ok, FAIL, skip or OURS (the check itself broke)."""

    case: str
    status: str
    detail: str = ""
    rows: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """All outcomes of one check, and what the notebook called the answers that were checked."""

    title: str
    outcomes: tuple[Outcome, ...]
    answers: dict[str, object] = field(default_factory=dict)

    def count(self, status: str) -> int:
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def tried(self) -> bool:
        return any(outcome.detail != UNTRIED for outcome in self.outcomes)

    def __str__(self) -> str:
        if not self.tried:
            return f"{self.title}\n  {UNTRIED}: replace `raise NotImplementedError` by your answer"
        lines, shown = [self.title], []
        for outcome in self.outcomes:
            repeated = outcome.rows and outcome.rows in shown
            detail = "as above" if repeated else outcome.detail
            lines.append(f"  {outcome.status:<5} {outcome.case:<{NAME_WIDTH}}  {detail}".rstrip())
            if not repeated:
                lines += [f"          {name:<9} {text}" for name, text in outcome.rows.items()]
                shown.append(outcome.rows)
        return "\n".join([*lines, f"{self.count('ok')} of {len(self.outcomes)} passed"])


REPORTS: dict[str, Report] = {}


def progress(points: dict[str, int], written: dict[str, int]) -> None:
    """Print where you are: for each exercise how its check went, the points so far, how to hand in.

    Args:
        points: what each exercise is worth, by the title of its check.
        written: what each written exercise is worth, by its title.
    """
    names = notebook_names()
    states = {title: _state(REPORTS.get(title), names) for title in points}
    reached = {title: worth if states[title] == PASSED else 0 for title, worth in points.items()}
    print(f"{'exercise':<40}  {'points':<6}  state")
    for title, worth in points.items():
        print(f"{title:<40}  {reached[title]} of {worth}  {states[title]}")
    for title, worth in written.items():
        print(f"{title + ' (written)':<40}  ? of {worth}  marked by a person")
    by_hand = sum(written.values())
    total = sum(points.values()) + by_hand
    print(
        f"\nPoints so far: {sum(reached.values())} of {total}; "
        f"{by_hand} of the {total} are marked by a person."
    )
    print(HAND_IN)


def _state(report: Report | None, names: dict[str, object]) -> str:
    if report is None or not report.tried:
        return UNTRIED
    if outdated(report.answers) or any(names.get(name) is not a for name, a in report.answers.items()):
        return CHANGED
    passed, cases = report.count("ok"), len(report.outcomes)
    return PASSED if passed == cases else f"failing: {passed} of {cases} cases pass"

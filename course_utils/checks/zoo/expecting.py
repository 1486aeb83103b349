"""What the checks of chapter 02 share: one answer against the expected one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from course_utils.checks.mistakes import Mistake, brief, close, of_wrong_type, recognise
from course_utils.checks.report import Wrong


def expect(
    got: object,
    expected: object,
    mistakes: Sequence[Mistake],
    observe: Callable[[object], object],
    otherwise: tuple[str, str],
) -> None:
    """Raise :class:`Wrong` unless ``got`` is ``expected``, types of the items included.

    Args:
        observe: gives what a mistake's ``imitate`` makes of the same case.
        otherwise: likely cause and remedy where no known mistake gives ``got``.
    """
    if type(got) is not type(expected):
        remedy = f"return a plain {type(expected).__name__}"
        raise Wrong(brief(expected), brief(got), *of_wrong_type(got, remedy))
    if not _items(got) <= (_items(expected) or {int}):
        found = " and ".join(sorted(kind.__name__ for kind in _items(got)))
        wanted = " and ".join(sorted(kind.__name__ for kind in _items(expected)))
        raise Wrong(brief(expected), brief(got), f"its items are of type {found}", f"return {wanted}")
    if close(got, expected):
        return
    likely = recognise(got, expected, mistakes, observe, otherwise)
    raise Wrong(brief(expected), brief(got), *likely)


def _items(value: object) -> set[type]:
    return {type(item) for item in value} if isinstance(value, tuple | list) else set()

"""What the build writes into README and the pages of `docs/`: each part between two marks of its own."""

from __future__ import annotations

from course_utils.errors import BuildError


def put_between(page: str, marks: tuple[str, str], content: str) -> str:
    """``page`` with ``content`` in the place of what stood between the two lines ``marks``.

    Raises:
        BuildError: if a mark is missing, or stands there twice.
    """
    begin, end = marks
    if page.count(begin) != 1 or page.count(end) != 1:
        raise BuildError(f"a page needs the lines {begin} and {end}, each once.")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{content}{end}{after}"

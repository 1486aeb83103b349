"""Which notebook of the course is meant: by its name, or by how that begins."""

from __future__ import annotations

from collections.abc import Sequence


def complete_name(beginning: str, names: Sequence[str]) -> str:
    """The name that ``beginning`` is, or the only one that it begins: ``03`` for ``03_resnet18_finetune``.

    Raises:
        LookupError: if it begins none of ``names``, or several; its message is a sentence.
    """
    if beginning in names:
        return beginning
    fitting = [name for name in names if name.startswith(beginning)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise LookupError(f"{beginning!r} begins several names: {', '.join(fitting)}")
    raise LookupError(f"{beginning!r} is none of {', '.join(names) or 'no notebooks: run `course build`'}")

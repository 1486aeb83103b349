"""How much one cell may say: output is cut as it arrives, what decides a score always has room."""

from __future__ import annotations

from collections.abc import Sequence

from nbformat import NotebookNode

from course_utils import values

ROUGHLY_A_MESSAGE = 200  # bytes that an output costs beside its text
LONGEST_RESULT, LONGEST_TRACEBACK = 10_000, 50_000  # characters


class OutputRoom:
    """The room that is left for the outputs of a cell.

    Args:
        output_bytes: of text and pictures.
        value_bytes: of values that are sent to be compared outside.
    """

    def __init__(self, output_bytes: int, value_bytes: int):
        self.left, self.left_for_values = output_bytes, value_bytes

    def fits(self, kind: str, content: dict, outputs: Sequence[NotebookNode]) -> bool:
        """Shorten what a message brings; False if there is no room for it.

        The first result and the first error always have room: they decide the score.

        Args:
            kind: of the message, as Jupyter calls it.
            content: of the message; changed.
            outputs: that the cell has already.

        Raises:
            Exception: of many kinds, if no kernel sends such a message.
        """
        if kind == "stream":
            return self._stream_fits(content)
        if kind == "display_data" and values.MIME in content["data"]:
            self.left_for_values -= len(str(content["data"]))
            return self.left_for_values > 0
        if kind in ("display_data", "update_display_data"):
            return self._take(*map(str, content["data"].values()))
        if kind == "execute_result":
            text = str(content["data"].pop("text/plain", ""))[:LONGEST_RESULT]
            content["data"] = content["data"] if self._take(*map(str, content["data"].values())) else {}
            content["data"]["text/plain"] = text
            return self._take(text) or _has_none(kind, outputs)
        if kind == "error":
            content["evalue"] = str(content["evalue"])[:LONGEST_RESULT]
            content["traceback"] = ["\n".join(content["traceback"])[:LONGEST_TRACEBACK]]
            return self._take(content["evalue"], *content["traceback"]) or _has_none(kind, outputs)
        return True

    def _stream_fits(self, content: dict) -> bool:
        if self.left <= 0:
            return False
        content["text"] = content["text"][: self.left]
        if not self._take(content["text"]):
            content["text"] += "\n... the rest of the output was cut ..."
            self.left = 0
        return True

    def _take(self, *texts: str) -> bool:
        """Use some of the room, if there is enough."""
        size = sum(len(text.encode("utf-8", "replace")) for text in texts) + ROUGHLY_A_MESSAGE
        if size > self.left:
            return False
        self.left -= size
        return True


def _has_none(kind: str, outputs: Sequence[NotebookNode]) -> bool:
    return all(output.output_type != kind for output in outputs)

"""Python's parser for one thread at a time."""

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course_utils import grading
from course_utils.grading.syntax import parse


def test_no_two_threads_are_in_the_parser_at_once(monkeypatch):
    inside, most = 0, 0
    count = threading.Lock()
    parse_python = ast.parse

    def watched(source):
        nonlocal inside, most
        with count:
            inside += 1
            most = max(most, inside)
        time.sleep(0.002)  # long enough for another thread to come in, if it may
        with count:
            inside -= 1
        return parse_python(source)

    monkeypatch.setattr(ast, "parse", watched)
    with ThreadPoolExecutor(8) as threads:
        trees = list(threads.map(parse, ["x = 1"] * 40))
    assert most == 1 and {ast.unparse(tree) for tree in trees} == {"x = 1"}


def test_grading_parses_by_this_door_only():
    rooms = Path(grading.__file__).parent.rglob("*.py")
    assert [path.name for path in rooms if "ast.parse(" in path.read_text(encoding="utf-8")] == ["syntax.py"]

"""What lies in ``autograded/`` is inert, whatever nbgrader's templates make of it."""

from __future__ import annotations

import copy
import json
import re
import time
from importlib.util import find_spec
from random import Random

import nbformat
import pytest
from courses import ROOT, make_course, read
from lab import CHROMIUM
from nbformat import NotebookNode
from pages import formgrade_page, listening, stock_feedback_page
from submissions import active
from submissions.active import PNG
from submissions.damages import _odd as odd_value

from course_utils.authoring import release
from course_utils.grading import inert
from course_utils.grading.inert import Inert, inert_markdown, inert_outputs

BROWSER = [
    pytest.mark.browser,
    pytest.mark.required_in_ci,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine: apt install chromium"),
    pytest.mark.skipif(
        not find_spec("playwright"), reason="playwright is missing: pip install -r requirements.txt"
    ),
]
PAGES = {"formgrade": formgrade_page, "feedback": stock_feedback_page}


@pytest.fixture(scope="module")
def blank(tmp_path_factory) -> NotebookNode:
    course = make_course(tmp_path_factory.mktemp("inert") / "course")
    release.build(course)
    return read(course, "notebooks")


def made_inert(notebook: NotebookNode) -> NotebookNode:
    return Inert().preprocess(copy.deepcopy(notebook), {})[0]


@pytest.fixture(scope="module")
def browser(tmp_path_factory, blank):
    """A listener that knows what nbgrader's pages of a blank notebook ask for."""
    with listening(tmp_path_factory.mktemp("profile")) as listener:
        for page in PAGES.values():
            listener.learn(page(made_inert(blank)))
        yield listener


def browser_test(test):
    for mark in BROWSER:
        test = mark(test)
    return test


@pytest.mark.slow
@browser_test
@pytest.mark.parametrize("page", PAGES)
def test_nothing_acts_in_nbgraders_own_pages(browser, blank, page):
    assert browser.hear(PAGES[page](made_inert(active.notebook(blank)))) == []


def valid(notebook: NotebookNode) -> NotebookNode:
    """Without what nbconvert itself refuses."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [output for output in cell.outputs if is_valid(output)]
        if not is_valid(cell.get("attachments", {}), "misc/attachments"):
            del cell.attachments
    return notebook


def is_valid(part: dict, what: str = "output") -> bool:
    try:
        nbformat.validate(part, ref=what, version=4, version_minor=5)
    except nbformat.ValidationError:
        return False
    return True


@pytest.mark.slow
@browser_test
def test_the_listener_hears_what_acts(browser, blank):
    """Without the schema the same notebook opens dialogs, changes the title and asks a stranger for pictures."""
    said = browser.hear(formgrade_page(valid(active.notebook(blank))))
    assert [line for line in said if line.startswith("says")]
    assert [line for line in said if line.startswith("the title is")]
    assert [line for line in said if "spy.example" in line]
    kinds = {line.split()[0] + line.split()[-1][:3] for line in said}
    assert len(kinds) >= 6, said


@pytest.mark.parametrize("text", active.MARKDOWN)
def test_texts_hold_no_html_and_no_link(text):
    clean = inert_markdown(text, {"a.png"})
    assert not re.search(r"<[A-Za-z/!?]", clean) and "]:" not in clean
    assert "](" not in clean.replace("](attachment:a.png)", "")


@pytest.mark.parametrize(
    "text, clean",
    [
        ("Because $a$ **is** `b`:\n\n1. one\n2. two\n\n> so", None),
        ("![a curve](attachment:a.png) shows it", None),
        ("![a curve](attachment:b.png) is not there", "![a curve]\u200b(attachment:b.png) is not there"),
        ("see https://pytorch.org/docs", None),
        ("p < 0.05, $p < 0.05$ and `if p < 0.05`", None),
        ("`layers[0](x)` and `a[b]: int`", "`layers[0]\u200b(x)` and `a[b]\u200b: int`"),
        ("`List<int>`", "`List<\u200bint>`"),
    ],
)
def test_what_honest_answers_hold_stays(text, clean):
    assert inert_markdown(text, {"a.png"}) == (clean or text)


def test_outputs_of_honest_cells_stay():
    outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="careful\n"),
        nbformat.v4.new_output("execute_result", data={"text/plain": "1.5"}, execution_count=3),
        nbformat.v4.new_output("error", ename="E", evalue="v", traceback=["\x1b[31mline\x1b[0m"]),
        nbformat.v4.new_output(
            "display_data",
            data={"image/png": PNG, "text/plain": "<Figure size 3x2>"},
            metadata={"image/png": {"alt": "a curve that rises", "width": 300, "height": 200}},
        ),
    ]
    assert inert_outputs(outputs) == (outputs, set())


def test_what_a_reader_may_miss_is_named():
    html, svg = {"text/html": "<b>x</b>"}, {"image/svg+xml": "<svg/>"}
    outputs = [
        nbformat.v4.new_output("display_data", data=data) for data in (html, html | {"text/plain": "x"}, svg)
    ]
    kept, missed = inert_outputs(outputs)
    assert [output.data for output in kept] == [{"text/plain": "x"}] and missed == {
        "text/html",
        "image/svg+xml",
    }


def is_plain(output: dict) -> bool:
    """The schema once more, written another way round."""
    shapes = {
        "stream": {"output_type", "name", "text"},
        "error": {"output_type", "ename", "evalue", "traceback"},
        "display_data": {"output_type", "data", "metadata"},
        "execute_result": {"output_type", "data", "metadata", "execution_count"},
    }
    if set(output) != shapes[output["output_type"]]:
        return False
    data, about = output.get("data", {}), output.get("metadata", {})
    numbers = [v for part in about.values() for k, v in part.items() if k != "alt"]
    texts = [part.get("alt", "") for part in about.values()]
    return (
        set(data) <= {"text/plain", "image/png", "image/jpeg"}
        and set(about) <= {"image/png", "image/jpeg"}
        and all(type(number) is int for number in numbers)
        and not any(sign in text for text in texts for sign in "<>&\"'`")
        and type(output.get("execution_count")) in (int, type(None))
        and all(isinstance(line, str) for line in output.get("traceback", ()))
    )


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_random_outputs_become_plain(first):
    for seed in range(first, first + 100):
        random = Random(seed)
        output = copy.deepcopy(random.choice(active.OUTPUTS))
        for key in random.sample(sorted(output), min(2, len(output))):
            output[key] = odd_value(random) if random.random() < 0.5 else output[key]
        for kind in list(output["data"]) if isinstance(output.get("data"), dict) else ():
            if random.random() < 0.3:
                output["data"][kind] = odd_value(random)
        kept, missed = inert_outputs([output])
        assert all(map(is_plain, kept)), (seed, kept)
        json.dumps(kept).encode(), json.dumps(kept, ensure_ascii=False).encode()
        assert inert_outputs(kept) == (kept, set())


def test_a_whole_notebook_stays_valid(blank):
    clean = made_inert(active.notebook(blank))
    nbformat.validate(clean)
    assert all(cell.get("execution_count") is None for cell in clean.cells)
    assert {key for cell in clean.cells for key in cell.metadata} <= {"nbgrader", "tags"}
    assert set(clean.metadata) <= {"kernelspec", "language_info"}


def test_released_notebooks_keep_all_that_grading_needs():
    for path in sorted((ROOT / "notebooks").glob("*/*.ipynb")):
        before = nbformat.read(path, as_version=4)
        after = made_inert(before)
        assert [c.metadata.get("nbgrader") for c in after.cells] == [
            c.metadata.get("nbgrader") for c in before.cells
        ]
        assert [c.source for c in after.cells if c.cell_type == "code"] == [
            c.source for c in before.cells if c.cell_type == "code"
        ]


def test_it_is_the_last_step_of_grading():
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    steps = config[config.index("autograde_preprocessors") :]
    assert steps.rstrip().endswith(f'"{inert.__name__}.Inert",\n]')


def test_a_text_of_beginnings_is_read_in_its_length():
    start = time.process_time()
    assert inert_markdown("![" * 200_000).startswith("![")
    assert time.process_time() - start < 5

"""What a student and an instructor see: JupyterLab in a real browser.

Skipped where Chromium is missing. `--screenshots FOLDER` keeps a picture of what each test saw.
"""

from __future__ import annotations

import copy
import shutil
from importlib.util import find_spec

import nbformat
import pytest
from courses import ROOT, autograde, cell, make_course, read, submit
from lab import CHROMIUM, PATIENCE, TOKEN, Notebook, chromium, jupyterlab, until

from course_utils.authoring import release

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.required_in_ci,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine: apt install chromium"),
    pytest.mark.skipif(
        not find_spec("playwright"), reason="playwright is missing: pip install -r requirements.txt"
    ),
]

CHAPTER = "03_resnet18_finetune"
CLASS = ("ada", "bo", "cy", "di", "ed")
WRONG = (ROOT / "tests/answers/choose/wrong_by_test.py").read_text(encoding="utf-8")
RIGHT = (ROOT / "tests/answers/choose/right_max.py").read_text(encoding="utf-8")
PAGE_SCROLLS_SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LAID_OUT = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Elements of the notebook that hide part of their text: what scrolls or wraps is fine.
CUT_OFF = """
() => [...document.querySelectorAll(".jp-Notebook .jp-RenderedHTMLCommon *, .jp-Notebook .jp-OutputArea *")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
    .filter((e) => ["hidden", "clip"].includes(getComputedStyle(e).overflowX))
    .map((e) => `${e.tagName}.${e.className}: ${e.innerText.slice(0, 60)}`)
"""
EXPLORE = """
import torch
from course_utils.models.building import build_model
from course_utils.analysis.residual import capture
from course_utils.widgets.residual_explorer import explore
pictures = torch.randint(256, (4, 3, 32, 32), dtype=torch.uint8)
records = capture(build_model("resnet18", seed=0).eval(), pictures / 255)
explore(records, pictures, data="noise", title="Every block")
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The sample chapter, to which five students have handed in, and beside it the course as it is built."""
    folder = make_course(tmp_path_factory.mktemp("browser") / "course")
    release.build(folder)
    for edition in ("solutions", "notebooks"):
        for built in (ROOT / edition).glob("*/*.ipynb"):
            shutil.copytree(built.parent, folder / edition / built.stem)
    right, blank = read(folder, "solutions"), read(folder, "notebooks")
    for student in CLASS:
        notebook = copy.deepcopy(blank)
        if student in ("ada", "bo"):
            cell(notebook, "double-answer").source = cell(right, "double-answer").source
        cell(notebook, "why").source = f"The instance keeps its own number ({student})."
        submit(folder, student, notebook)
    autograde(folder)
    return folder


@pytest.fixture(scope="module")
def blank(course):
    """Chapter 03 as students get it, on drawn pictures and at the budget of grading; its path in the course."""
    path = course / "notebooks" / CHAPTER / f"{CHAPTER}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    parameters = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    parameters.source += '\nbudget, data = "grade", "cartoons"'
    nbformat.write(notebook, path)
    return path.relative_to(course).as_posix()


@pytest.fixture(scope="module")
def browser(course, tmp_path_factory):
    """The address of JupyterLab, a page, and what the page's console has complained of so far."""
    home = tmp_path_factory.mktemp("home")
    with jupyterlab(course, home) as address, chromium(home / "chromium") as (page, complaints):
        yield address, page, complaints


@pytest.fixture(autouse=True)
def seen(request, browser):
    """A picture of what stands there at the end of each test, if asked for, and a calm console."""
    address, page, complaints = browser
    complaints.clear()
    yield
    if folder := request.config.getoption("--screenshots"):
        page.screenshot(path=f"{folder}/{request.node.name}.png")
    assert complaints == []


@pytest.fixture(scope="module")
def worked(browser, blank):
    """Chapter 03 after "Run All Cells" on the blank edition."""
    address, page, complaints = browser
    notebook = Notebook(page, address, blank)
    notebook.run_all()
    return notebook


def test_run_all_of_a_blank_edition_reaches_its_last_cell(worked):
    cells = worked.code_cells
    assert cells.last.locator(".jp-InputPrompt").inner_text() == f"[{cells.count()}]:"
    assert "Points so far: 0 of 36" in worked.output("checks.finetune.progress()")


def test_a_wrong_answer_is_told_why_and_a_right_one_counts(worked):
    answer, check, progress = "def choose_checkpoint", "checks.finetune.choose(", "checks.finetune.progress()"
    worked.replace(answer, WRONG)
    worked.run(answer)
    assert "this is the epoch with the best test accuracy" in worked.run(check)
    assert "Points so far: 0 of 36" in worked.run(progress)
    worked.replace(answer, RIGHT)
    worked.run(answer)
    assert "8 of 8 passed" in worked.run(check)
    assert "Points so far: 2 of 36" in worked.run(progress)


def test_the_panel_moves_and_its_stop_leaves_a_history(worked, blank, course):
    call = "fit_with_panel(model"
    page, cell = worked.page, worked.cell(call)
    assert "finished 2 of 2 epochs" in worked.output(call)
    source = next(c.source for c in nbformat.read(course / blank, as_version=4).cells if call in c.source)
    worked.replace(call, source.replace("plan.finetune.unfrozen", "300"))
    worked.start(call)
    epochs = cell.get_by_text("of 301 done").first
    until(lambda: epochs.is_visible() and not epochs.inner_text().startswith("0 "), "an epoch is done", page)
    shown = epochs.inner_text()
    until(lambda: epochs.inner_text() != shown, "the panel moves on", page)
    cell.get_by_role("button", name="Stop").click()
    worked.wait_until_idle()
    assert "stopped after" in worked.output(call)
    assert "best on validation, and kept: epoch" in worked.run("last frozen epoch")


def test_nothing_is_cut_off_at_200_per_cent(worked):
    """The browser's zoom halves the page's width in CSS pixels."""
    page = worked.page
    page.set_viewport_size({"width": 700, "height": 450})
    page.evaluate(LAID_OUT)
    sideways, cut_off = page.evaluate(PAGE_SCROLLS_SIDEWAYS), page.evaluate(CUT_OFF)
    page.set_viewport_size({"width": 1400, "height": 900})
    assert not sideways
    assert cut_off == []


def test_validate_finds_the_unanswered_question(browser, blank, course):
    """Not the blank exercises: a released notebook has no hidden tests, and checks are not graded."""
    address, page, _ = browser
    notebook = nbformat.read(course / blank, as_version=4)
    parameters = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    parameters.source += '\nbudget = "grade"'  # Validate runs all of it again
    quick = (course / blank).with_name("quick.ipynb")
    nbformat.write(notebook, quick)
    Notebook(page, address, quick.relative_to(course).as_posix())
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog", has_text="Validation Results")
    dialog.wait_for(timeout=1000 * PATIENCE)
    assert "You did not provide a response" in dialog.inner_text()
    dialog.get_by_role("button", name="Ok").click()


def test_the_explorers_slider_changes_the_picture(browser, course):
    address, page, _ = browser
    cells = [nbformat.v4.new_code_cell(EXPLORE.strip())]
    kernel = read(course, "notebooks").metadata.kernelspec
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), course / "explorer.ipynb"
    )
    notebook = Notebook(page, address, "explorer.ipynb")
    notebook.run("explore(")
    picture = notebook.cell("explore(").locator(".jp-OutputArea img")
    before = picture.get_attribute("src")
    notebook.cell("explore(").locator("[role=slider]").first.focus()
    page.keyboard.press("ArrowRight")
    until(lambda: picture.get_attribute("src") != before, "the picture changes", page, 60)


def test_formgrader_lists_every_assignment(browser, course):
    address, page, _ = browser
    page.goto(f"{address}/formgrader?token={TOKEN}")
    page.locator("td.name").first.wait_for()
    names = [name.strip() for name in page.locator("td.name").all_inner_texts()]
    assert names == sorted(p.stem for p in (course / "solutions").glob("*/*.ipynb"))
    assert page.locator("tr", has_text="90_sample").locator("td.num-submissions").inner_text() == "5"


def test_formgrader_saves_a_score_by_hand(browser):
    address, page, _ = browser
    page.goto(f"{address}/formgrader/gradebook/90_sample/90_sample")
    page.get_by_role("link", name="Submission #1", exact=True).click()
    page.locator("#why_extra_credit[placeholder]").wait_for()  # from then on the page saves what is typed
    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT"):
        page.locator("#why").fill("1.5")
        page.keyboard.press("Tab")
    page.reload()
    until(lambda: page.locator("#why").input_value() == "1.5", "the score is there again", page, 60)
    page.goto(f"{address}/formgrader/gradebook/90_sample/90_sample")
    page.locator("td", has_text="1.5 / 2").wait_for()

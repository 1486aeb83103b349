"""The course as web pages: what is in them, and how they look in Chromium, from disk alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

import nbformat
import pytest
from courses import ROOT, make_course
from lab import CHROMIUM

from course_utils.authoring import page, release, running, site
from course_utils.errors import BuildError
from course_utils.tables import html_table

pytestmark = pytest.mark.slow

PHONE, DESK = {"width": 390, "height": 800}, {"width": 1280, "height": 900}
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SOLUTION, TEST = "twice_the_number", "number_to_double"  # of the sample


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The sample chapter, built, with README and documents of the real course, and executed."""
    folder = make_course(tmp_path_factory.mktemp("site") / "course")
    release.build(folder)
    shutil.copy(ROOT / "README.md", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    notebook = folder / "solutions" / "90_sample" / "90_sample.ipynb"
    running.run_one(notebook, folder / "executed", {"budget": "smoke"})
    return folder


@pytest.fixture(scope="module", params=["folded", "left-out"])
def made(request, course, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param) / "site"
    site.write_site(course, course / "executed", folder, request.param)
    return request.param, folder


def texts(folder) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}


def test_answers_and_hidden_tests_are_closed_or_absent(made):
    answers, folder = made
    text = texts(folder)["90_sample.html"]
    shown = re.sub(r"<[^>]+>", "", text)
    for fold in (page.TESTS, page.ANSWER):
        assert (f"<summary>{fold}</summary>" in text) == (answers == "folded")
    assert ("raise NotImplementedError" in shown) == (answers == "left-out")
    assert (site.LEFT_OUT in text) == (answers == "left-out")
    assert "BEGIN SOLUTION" not in text and "BEGIN HIDDEN" not in text
    whole = shown + (folder / "sections.js").read_text(encoding="utf-8")
    for secret in (SOLUTION, TEST):
        assert (secret in whole) == (answers == "folded")


def test_every_link_leads_somewhere_and_nothing_comes_from_elsewhere(made):
    _, folder = made
    for name, text in texts(folder).items():
        assert not re.findall(r"<(?:script|img|link|iframe)[^>]*(?:src|href)=\"(?:https?:)?//", text), name
        for address in re.findall(r'<a [^>]*href="([^"]+)"', text):
            file, _, anchor = address.partition("#")
            if address.startswith(("http://", "https://", "mailto:")):
                continue
            target = folder / (file or name)
            assert target.exists(), f"{name}: {address}"
            if anchor:
                assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), f"{name}: {address}"


def test_each_page_has_a_list_of_contents_without_doubles(made):
    _, folder = made
    text = texts(folder)["90_sample.html"]
    ids = re.findall(r'<h[1-4] id="([^"]+)"', text)
    assert len(ids) == len(set(ids)) and 'aria-label="On this page"' in text


def test_the_first_page_shows_the_map_a_picture_and_the_claims(made):
    _, folder = made
    text = texts(folder)["index.html"]
    assert 'src="labels.svg"' in text and (folder / "labels.svg").exists()
    assert 'href="claims.html"' in text and "<table>" in text


def test_the_search_knows_the_text_under_each_heading(made):
    _, folder = made
    sections = json.loads(
        (folder / "sections.js").read_text(encoding="utf-8").removeprefix("const SECTIONS = ")[:-2]
    )
    (found,) = [s for s in sections if s["title"].startswith("Exercise 1 · Double")]
    assert (
        found["link"].startswith("90_sample.html#exercise-1")
        and found["page"] == "A sample chapter for the tests of build, release, run and grading"
    )
    assert found["text"].startswith("Write double(x).")


def test_headings_of_one_name_get_anchors_of_their_own():
    body, headings = page.with_anchors("<h2>Is it true?</h2><h2>Is it <em>true</em>?</h2>")
    assert [h.anchor for h in headings] == ["is-it-true", "is-it-true-2"]
    assert 'id="is-it-true-2"' in body and headings[1].text == "Is it true?"


def test_what_was_printed_in_parts_stands_together():
    parts = [nbformat.v4.new_output("stream", text=line) for line in ("one\n", "two\n")]
    cell = nbformat.v4.new_code_cell("print()", outputs=parts)
    assert "one\ntwo" in page.notebook_body(nbformat.v4.new_notebook(cells=[cell]))


def test_an_executed_cell_that_students_do_not_have_is_refused():
    flags = {"nbgrader": {"grade": False, "solution": True}}
    executed = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", metadata=flags)])
    with pytest.raises(BuildError, match="not in the students' notebook(.|\n)*run the notebooks again"):
        page.notebook_body(executed, nbformat.v4.new_notebook())


def test_a_folder_in_use_and_a_chapter_that_did_not_run_are_refused(course, tmp_path):
    with pytest.raises(BuildError, match="90_sample was not executed(.|\n)*do this"):
        site.write_site(course, tmp_path, tmp_path / "out", "folded")
    with pytest.raises(BuildError, match="is not empty"):
        site.write_site(course, course / "executed", course, "folded")


def test_a_chapter_that_ran_before_its_text_changed_is_not_published(course, tmp_path):
    notebook = nbformat.read(course / "executed" / "90_sample.ipynb", as_version=4)
    for change in (
        lambda: notebook.cells.pop(),
        lambda: notebook.cells[2].update(source="an older sentence"),
    ):
        change()
        nbformat.write(notebook, tmp_path / "90_sample.ipynb")
        with pytest.raises(BuildError, match="executed before its text changed(.|\n)*do this:  run it again"):
            site.write_site(course, tmp_path, tmp_path / "site", "folded")


@pytest.mark.parametrize("graded", [False, True])
def test_a_chapter_with_an_error_is_not_published(course, tmp_path, graded):
    """A graded cell stops no run, but shows that an answer is wrong."""
    notebook = nbformat.read(next((course / "solutions").glob("*/*.ipynb")), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cell = next(c for c in code if c.metadata.get("nbgrader", {}).get("grade", False) == graded)
    cell.outputs = [nbformat.v4.new_output("error", ename="ValueError", evalue="no\nmore", traceback=[])]
    nbformat.write(notebook, tmp_path / "90_sample.ipynb")
    with pytest.raises(
        BuildError, match=r"90_sample.ipynb has an error(.|\n)*ValueError in code cell \d+: no\n"
    ):
        site.write_site(course, tmp_path, tmp_path / "site", "folded")


def test_the_command_makes_the_site_of_what_was_executed(course, tmp_path):
    command = [sys.executable, "-m", "course_utils.cli", "site", tmp_path / "site", "--executed", "executed"]
    said = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert said.stdout.endswith(f"begin with {tmp_path / 'site' / 'index.html'}\n"), said.stdout + said.stderr
    again = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert again.returncode == 1 and "is not empty" in again.stderr
    assert SOLUTION not in (tmp_path / "site" / "90_sample.html").read_text(encoding="utf-8")


def test_a_page_of_a_run_folds_hidden_tests_too(course):
    text = (course / "executed" / "90_sample.html").read_text(encoding="utf-8")
    assert "<details" in text and page.TESTS in text and "sections.js" not in text


def test_long_cells_of_a_table_are_kept_wide():
    text = page.framed("x", html_table([{"arm": "a start that was trained on Tiny ImageNet", "n": 1}]))
    assert 'class="long">a start' in text and text.count('class="long"') == 1


@pytest.mark.browser
@pytest.mark.required_in_ci
@pytest.mark.skipif(not CHROMIUM or not find_spec("playwright"), reason="no Chromium on this machine")
def test_a_long_table_on_a_phone_is_whole_and_its_caption_in_sight(tmp_path):
    from playwright.sync_api import sync_playwright

    row = {name: "some more words that take some room" for name in ("arm", "start", "data", "words")}
    table = html_table([row] * 60, caption="Recorded, not yours: " + "a machine of this kind, " * 9)
    (tmp_path / "x.html").write_text(page.framed("x", table), encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport=PHONE)
        tab.goto((tmp_path / "x.html").as_uri())
        box = tab.locator("[role=region]")
        assert box.evaluate("e => e.scrollHeight - e.clientHeight") <= 1, "cut off below"
        assert tab.locator("caption").bounding_box()["width"] <= PHONE["width"]
        assert tab.locator("td").first.bounding_box()["width"] >= 120
        browser.close()


@pytest.mark.browser
@pytest.mark.required_in_ci
@pytest.mark.skipif(not CHROMIUM or not find_spec("playwright"), reason="no Chromium on this machine")
def test_in_chromium(made):
    from playwright.sync_api import sync_playwright

    _, folder = made
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme, size, zoom in (("light", DESK, 1), ("dark", PHONE, 1), ("light", DESK, 2)):
            _look(browser, folder, scheme, {k: v // zoom for k, v in size.items()}, zoom)
        browser.close()


def _look(browser, folder, scheme, size, zoom):
    context = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=zoom)
    tab, noise = context.new_page(), []
    tab.on("console", lambda message: noise.append(message.text))
    tab.on("pageerror", lambda error: noise.append(str(error)))
    tab.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else noise.append(r.url))
    for name in ("index.html", "90_sample.html", "claims.html"):
        tab.goto((folder / name).as_uri())
        assert not tab.evaluate(WIDE), f"{name} scrolls sideways at {size}"
        dark = tab.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        assert dark == (scheme == "dark")
    tab.get_by_role("searchbox").fill("hot dogs")
    found = tab.locator("#found a").first
    found.wait_for()
    found.click()
    assert "#" in tab.url and not noise, noise
    context.close()

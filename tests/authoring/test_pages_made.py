"""Parts of pages that the build makes: the course map, the picture, the page of the package, and their drift."""

import re
import shutil
import xml.etree.ElementTree as ElementTree

import pytest
from courses import CHAPTERS, ROOT, make_course, texts

from course_utils.authoring import course_map, package_map, picture, release
from course_utils.authoring.pages import put_between
from course_utils.errors import BuildError
from course_utils.evidence import headline, reading

MADE = ("README.md", "docs/evidence.md", "docs/labels.svg", "docs/package.md", "docs/teaching.md")
FACTS = {"data": "photos", "n_images": 1000, "epochs": {10: 60, 1000: 12}}


@pytest.fixture(scope="module")
def source():
    return texts()[CHAPTERS[0]]


def test_only_what_stands_between_the_marks_is_replaced():
    marks = ("<!-- a -->", "<!-- b -->")
    page = "before\n<!-- a -->\nold\n<!-- b -->\nafter\n"
    assert put_between(page, marks, "new\n") == page.replace("old", "new")
    for lost in ("<!-- a -->", "<!-- b -->"):
        with pytest.raises(BuildError, match="a page needs the lines"):
            put_between(page.replace(lost, ""), marks, "new\n")
    with pytest.raises(BuildError, match="each once"):
        put_between(page + page, marks, "new\n")


def test_a_chapter_has_its_question_points_and_minutes(source):
    table = course_map.chapters([source], {source.name: {"smoke": 0.5, "cpu": 4}})
    row = table.splitlines()[-1]
    assert row.startswith(f"| `{source.name}` |") and "? |" in row
    assert row.endswith("| 0.5 / 4 / not measured |")
    assert f"| {source.name[:2]} | 1 " in course_map.all_exercises([source])


@pytest.mark.slow
def test_pages_that_have_drifted_are_named_and_mended(tmp_path):
    course = make_course(tmp_path / "course", next((ROOT / "solutions").glob("*.py")))
    (course / "docs").mkdir()
    marked = "".join("\n".join((*marks, "")) for marks in (picture.MARKS, headline.MARKS, course_map.MARKS))
    (course / "README.md").write_text(marked, encoding="utf-8")
    (course / "docs" / "teaching.md").write_text(marked, encoding="utf-8")
    (course / "docs" / "evidence.md").write_text(marked, encoding="utf-8")
    shutil.copytree(ROOT / "course_utils" / "models", course / "course_utils" / "models")
    (course / "docs" / "package.md").touch()
    release.build(course)
    release.check(course)
    for page in MADE:
        path = course / page
        right = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"points|labels|Networks", "marks", right, count=1), encoding="utf-8")
        with pytest.raises(BuildError, match=page):
            release.check(course)
        path.write_text(right, encoding="utf-8")


def test_the_package_page_has_a_section_a_package_and_a_row_a_module(tmp_path):
    package = tmp_path / "course_utils"
    (package / "room" / "inner").mkdir(parents=True)
    for file, line in {
        "__init__.py": "The package.",
        "single.py": "One | module of ``code``.",
        "room/__init__.py": "A room.\n\nStart reading in ``a.py``.",
        "room/a.py": "First.\n\nMore.",
        "room/inner/__init__.py": "Inside.",
        "room/inner/b.py": "Second.",
    }.items():
        (package / file).write_text(f'"""{line}"""\n', encoding="utf-8")
    page = package_map.page(tmp_path)
    assert "| `single.py` | One \\| module of `code`. |\n" in page
    assert "## `course_utils.room`\n\nA room.\n\nStart reading in `a.py`.\n" in page
    assert "| `a.py` | First. |\n| `inner/` | Inside. |\n| `inner/b.py` | Second. |\n" in page


BEST = "probe, EfficientNet-Lite0"  # the first of equals


def curves(scratch: tuple[float, float], tuned: tuple[float, float]) -> picture.Curves:
    lines = {name: scratch if name == picture.SCRATCH else tuned for name in picture.STARTS}
    return {name: {10: [line[0]] * 3, 1000: [line[1]] * 3} for name, line in lines.items()}


@pytest.mark.parametrize(
    "scratch, tuned, message",
    [
        ((0.1, 0.3), (0.4, 0.5), f"10 labels ({BEST}) beat 1,000 (scratch, ResNet-18, 12 epochs)"),
        (
            (0.1, 0.3),
            (0.2, 0.5),
            f"1,000 labels ({BEST}) beat 1,000 (scratch, ResNet-18, 12 epochs)",
        ),
        # A lead that another 1,000 test images could turn.
        (
            (0.1, 0.3),
            (0.32, 0.5),
            f"1,000 labels ({BEST}) beat 1,000 (scratch, ResNet-18, 12 epochs)",
        ),
        (
            (0.1, 0.3),
            (0.2, 0.3),
            "Up to 1,000 labels, no pretrained start beats 1,000 (scratch, ResNet-18, 12 epochs)",
        ),
    ],
)
def test_the_pictures_message_is_what_the_numbers_say(scratch, tuned, message):
    drawn = curves(scratch, tuned)
    assert picture.message(drawn, FACTS) == message
    root = ElementTree.fromstring(picture.draw(drawn, FACTS))
    texts = [element.text for element in root.iter() if element.text]
    assert message in texts and "photos, 1,000 test images, 3 seeds" in " ".join(texts)
    assert picture.in_readme(drawn, FACTS).startswith(f"![{message}. Accuracy by number of labels, ")


def test_names_at_the_ends_of_equal_lines_do_not_cover_each_other():
    svg = picture.draw(curves((0.5, 0.5), (0.5, 0.5)), FACTS)
    names = re.findall(rf'<text x="{picture.RIGHT + 12}" y="([\d.]+)"', svg)
    assert len(names) == 4 and all(float(b) - float(a) >= picture.LINE for a, b in zip(names, names[1:]))


@pytest.mark.parametrize("amounts", [(), (10,)])
def test_a_picture_of_a_point_is_refused(monkeypatch, amounts):
    arm = {"test": [0.5], "images": {"test": 1}}
    arms = {f"{start}, {n} a class": arm for start in picture.STARTS for n in amounts}
    arms["scratch, ResNet-18, 1,000 a class"] = arm  # alone, so not in the picture
    monkeypatch.setattr(reading, "read", lambda _: {"arms": arms, "data": "photos"})
    with pytest.raises(BuildError, match="no two amounts"):
        picture.read_curves()

"""The course map in the README: rows for chapters and exercises, and a README that has drifted."""

import pytest
from courses import ROOT, make_course

from course_utils.authoring import release
from course_utils.authoring.course_map import BEGIN, END, update
from course_utils.errors import BuildError

README = f"before\n{BEGIN}\nold\n{END}\nafter\n"


@pytest.fixture(scope="module")
def source():
    return release.read_sources(ROOT)[0]


def test_a_chapter_has_its_question_points_and_minutes(source):
    text = update(README, [source], {source.name: {"smoke": 0.5, "cpu": 4}})
    assert text.startswith(f"before\n{BEGIN}\n| chapter") and text.endswith(f"{END}\nafter\n")
    (row,) = [line for line in text.splitlines() if line.startswith(f"| `{source.name}`")]
    assert "? |" in row and row.endswith("| 0.5 / 4 / not measured |")
    assert "old" not in text
    assert f"| {source.name[:2]} | 1 " in text


def test_a_lost_mark_is_refused(source):
    with pytest.raises(BuildError, match="README.md needs the lines"):
        update(README.replace(END, ""), [source], {})


def test_a_readme_that_has_drifted_is_named_and_mended(tmp_path):
    course = make_course(tmp_path / "course", next((ROOT / "solutions").glob("*.py")))
    (course / "README.md").write_text(README, encoding="utf-8")
    release.build(course)
    release.check(course)
    text = (course / "README.md").read_text(encoding="utf-8")
    (course / "README.md").write_text(text.replace("| points |", "| marks |", 1), encoding="utf-8")
    with pytest.raises(BuildError, match="README.md"):
        release.check(course)

"""A notebook by its name or how it begins."""

import pytest

from course_utils.course.names import choose_notebooks, complete_name, released_names
from course_utils.errors import CourseError

NAMES = ["01_concepts", "03_resnet", "03_resnet18_finetune", "04_alexnet"]


@pytest.mark.parametrize(
    "beginning, name", [("01", "01_concepts"), ("04_alexnet", "04_alexnet"), ("03_resnet", "03_resnet")]
)
def test_a_name_counts_before_what_it_begins(beginning, name):
    assert complete_name(beginning, NAMES) == name


@pytest.mark.parametrize(
    "beginning, why",
    [
        ("03", "'03' begins several names: 03_resnet, 03_resnet18_finetune"),
        ("7", "'7' is none of 01_concepts, "),
    ],
)
def test_none_or_several_is_a_sentence(beginning, why):
    with pytest.raises(LookupError, match=why):
        complete_name(beginning, NAMES)


def test_without_notebooks_it_says_what_to_run():
    with pytest.raises(LookupError, match="run `course build`"):
        complete_name("01", [])


def test_notebooks_are_chosen_by_the_beginning_of_their_name(tmp_path):
    with pytest.raises(CourseError, match="course build"):
        choose_notebooks(tmp_path, [])
    for name in ("01_a", "02_b", "02_c"):
        edition = tmp_path / "solutions" / name
        edition.mkdir(parents=True)
        (edition / f"{name}.ipynb").touch()

    def chosen(*names: str) -> list[str]:
        return [p.stem for p in choose_notebooks(tmp_path, names)]

    assert chosen() == ["01_a", "02_b", "02_c"]
    assert chosen("02_c", "01") == ["02_c", "01_a"]
    for wrong in ("02", "3"):
        with pytest.raises(LookupError):
            chosen(wrong)


def test_a_copy_of_a_notebook_is_no_assignment(tmp_path):
    for edition in ("notebooks", "solutions"):
        (tmp_path / edition / "01_a").mkdir(parents=True)
        for name in ("01_a-Copy1", "01_a"):
            (tmp_path / edition / "01_a" / f"{name}.ipynb").touch()
    assert released_names(tmp_path) == ["01_a"]
    assert [path.stem for path in choose_notebooks(tmp_path, ["01"])] == ["01_a"]

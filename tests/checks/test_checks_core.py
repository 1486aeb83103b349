"""What a check prints and raises, whose failure is whose, and that library answers are seen."""

from __future__ import annotations

import functools
import re
import sys
import textwrap
import warnings
from collections import Counter

import pytest
import torch
from courses import ROOT
from tqdm import tqdm

from course_utils.checks import core, mistakes, report
from course_utils.checks.graded import hidden, own_work
from course_utils.checks.mistakes import Mistake
from course_utils.checks.report import CheckFailed, LibraryAnswer, Tampered, Wrong
from course_utils.models import freezing
from course_utils.signals import alarm

SIX_OR_SEVEN = (
    Mistake(lambda x: x + 1, "one was added", "multiply"),
    Mistake(lambda x: x**2, "it was squared", "multiply by 2"),
)


def doubles_three(double):
    """the double of 3."""
    got = double(3)
    if got != 6:
        otherwise = ("this is not the double", "multiply by 2")
        likely = mistakes.recognise(got, 6, SIX_OR_SEVEN, lambda wrong: wrong(3), otherwise)
        raise Wrong(6, mistakes.brief(got), *likely)
    return "6"


@core.needs(doubles_three)
def doubles_a_list(double):
    """the double of a list.

    Students see the first line only.
    """
    if double([1]) != [1, 1]:
        raise Wrong([1, 1], double([1]), "lists are not doubled", "multiply")


CASES = (doubles_three, doubles_a_list)


@pytest.fixture
def our_case(tmp_path, monkeypatch):
    """Make a case of source text, whose lines count as ours and not as a student's."""
    monkeypatch.setattr(core, "LIBRARIES", (*core.LIBRARIES, str(tmp_path)))

    def make(source: str):
        names = {"core": core, "torch": torch, "Misspelt": Misspelt, "Selfless": Selfless}
        code = compile(textwrap.dedent(source), str(tmp_path / "check.py"), "exec")
        exec(code, names)
        return names["case"]

    return make


def report_of(double, capsys, cases=CASES, library=()) -> str:
    """What the check prints; that it raises exactly when something failed is looked at, too."""
    raised = False
    try:
        core.run("double", cases, double, library=library)
    except CheckFailed:
        raised = True
    printed = capsys.readouterr()
    assert printed.err == ""
    assert raised == ("FAIL" in printed.out)
    return printed.out


def test_report_of_a_right_answer(capsys):
    assert report_of(lambda x: x * 2, capsys).splitlines() == [
        "double",
        "  ok    the double of 3                                       6",
        "  ok    the double of a list",
        "2 of 2 passed",
    ]


def test_report_of_a_wrong_answer_names_the_mistake_and_skips_what_depends_on_it(capsys):
    assert report_of(lambda x: x**2, capsys).splitlines() == [
        "double",
        "  FAIL  the double of 3",
        "          expected  6",
        "          got       9",
        "          likely    it was squared",
        "          try       multiply by 2",
        "  skip  the double of a list                                  waits for a case above",
        "0 of 2 passed",
    ]


def test_unknown_mistake_gets_the_general_cause(capsys):
    assert "likely    this is not the double" in report_of(lambda x: 0, capsys)


def test_same_failure_is_told_once(capsys):
    def again(double):
        """the double of 3, again."""
        doubles_three(double)

    lines = report_of(lambda x: 9, capsys, cases=(doubles_three, again)).splitlines()
    assert " ".join(lines[-2].split()) == "FAIL the double of 3, again as above"


def test_failure_is_one_line_in_a_notebook():
    with pytest.raises(CheckFailed) as caught:
        core.run("double", CASES, lambda x: 0)
    assert caught.value._render_traceback_() == ["CheckFailed: double: 1 of 2 failed"]
    assert LibraryAnswer("no")._render_traceback_() == ["LibraryAnswer: no"]


def test_stub_is_not_tried(capsys):
    def double(x):
        raise NotImplementedError("replace this line by your answer")

    assert report_of(double, capsys).splitlines() == [
        "double",
        "  not tried yet: replace `raise NotImplementedError` by your answer",
    ]


def test_not_implemented_inside_a_library_is_a_failure(capsys):
    def double(x):
        return torch.nn.Module()(x)

    assert "got       NotImplementedError" in report_of(double, capsys)


def test_what_torch_has_not_implemented_is_a_failure(capsys):
    def double(x):
        return torch.dot(torch.tensor([True]), torch.tensor([True]))

    told = report_of(double, capsys)
    assert "not implemented for 'Bool'" in told and ".float()" in told


def test_an_answer_without_an_end_is_told_so(capsys):
    def double(x):
        return double(x)

    told = report_of(double, capsys)
    assert "got       RecursionError" in told and "look at what ends it" in told


def test_a_recursion_that_is_caught_does_not_hide_library_code():
    def deep():
        return deep()

    def answer(model):
        try:
            deep()
        except RecursionError:
            return freezing.count_parameters(model)

    # Where Python ends the watching, that is told; where it cannot even do that, the watch sees the library.
    with pytest.raises((Tampered, LibraryAnswer), match="recurses too deeply|own `count_parameters`"):
        own_work(answer, freezing.count_parameters)(torch.nn.Linear(2, 2))


def test_an_interrupt_while_the_watch_looks_is_no_trick():
    def answer(model):
        while True:
            abs(-1), model.extra_repr()

    with pytest.raises(KeyboardInterrupt), alarm(0.3, interrupt):
        own_work(answer)(torch.nn.Linear(2, 2))


def interrupt(*_):
    raise KeyboardInterrupt


def test_a_watch_that_c_code_switches_off_is_a_trick():
    def answer(model):
        list(map(sys.setprofile, [None, sys.getprofile()]))

    with pytest.raises(Tampered, match="calls `sys.setprofile`"):
        own_work(answer)(torch.nn.Linear(2, 2))


class Misspelt(torch.nn.Module):
    def foward(self, x):
        return 2 * x


class Selfless(torch.nn.Module):
    def forward(x):
        return 2 * x


@pytest.mark.parametrize(
    "answer, likely",
    [(Misspelt, "`forward` is missing: misspelt"), (Selfless, "its parameters are others")],
)
def test_a_class_without_its_method_is_told_so(answer, likely, capsys, our_case):
    bare = """
        def case(answer):
            "three"
            return str(answer()(torch.tensor(3)))
        """
    caught = """
        def case(answer):
            "three more"
            with core.must_work("a number", "it cannot be used", "return a number"):
                return str(answer()(torch.tensor(3)))
        """
    told = report_of(answer, capsys, cases=(our_case(bare), our_case(caught)))
    assert f"likely    {likely}" in told and told.endswith("as above\n0 of 2 passed\n")


def test_exception_in_the_answer_names_its_line(capsys):
    def double(x):
        return x * torch.ones(2) @ torch.ones(3)

    out = report_of(double, capsys)
    assert "expected  no exception" in out
    assert "got       RuntimeError: " in out
    assert "of your cell: return x * torch.ones(2) @ torch.ones(3)" in out


def test_what_breaks_by_the_answers_work_is_the_students_failure(capsys, our_case):
    case = our_case(
        """
        def case(double):
            "three more"
            with core.must_work("a number", "it cannot be added to", "return a number"):
                return str(double(3) + 3)
        """
    )
    assert "likely    it cannot be added to" in report_of(lambda x: "6", capsys, cases=(case,))
    assert "of your cell: " in report_of(lambda x: 1 / 0, capsys, cases=(case,))


def test_long_messages_are_cut(capsys):
    def double(x):
        raise ValueError("word " * 200)

    assert max(map(len, report_of(double, capsys).splitlines())) < 150


def test_a_broken_check_is_not_the_students_failure(capsys, our_case):
    case = our_case(
        """
        def case(double):
            "broken"
            return double(3) + None
        """
    )
    line = report_of(lambda x: 6, capsys, cases=(case,)).splitlines()[1]
    assert line.split()[:2] == ["OURS", "broken"]
    assert "please report it" in line


@pytest.mark.parametrize("answer", [None, 3, lambda: 6, lambda x, y: x])
def test_what_cannot_be_called_so_is_the_students_failure(answer, capsys):
    assert "FAIL  the double of 3" in report_of(answer, capsys)


def test_answers_do_not_disturb_each_other_or_the_notebook(capsys):
    def double(x):
        torch.manual_seed(1)
        torch.set_grad_enabled(False)
        return x * 2

    state = torch.get_rng_state()
    report_of(double, capsys)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.is_grad_enabled()


def test_warnings_and_progress_bars_go_to_stdout(capsys):
    def double(x):
        warnings.warn("halfway", stacklevel=1)
        return sum(x for _ in tqdm(range(2)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pytest keeps warnings for itself; the bar is what we see
        out = report_of(double, capsys, cases=(doubles_three,))
    assert "2/2" in out and "1 of 1 passed" in out


def _alias():
    return freezing.count_parameters


def _partial():
    return functools.partial(freezing.count_parameters, trainable=False)


def _import_inside():
    def answer(model):
        from course_utils.models.freezing import count_parameters as count

        return count(model)

    return answer


def _swallowed():
    def answer(model):
        try:
            return freezing.count_parameters(model)
        except Exception:
            return 0

    return answer


def _handed_on():
    return lambda model: list(map(freezing.count_parameters, [model]))[0]


def _through_the_library():
    return freezing.unfreeze


@pytest.mark.parametrize(
    "make", [_alias, _partial, _import_inside, _swallowed, _handed_on, _through_the_library]
)
def test_library_answers_are_seen(make):
    guarded = own_work(make(), freezing.count_parameters)
    with pytest.raises(LibraryAnswer, match="course_utils' own `count_parameters`"):
        guarded(torch.nn.Linear(2, 2))


def test_decorated_and_property_functions_of_the_library_are_seen():
    from course_utils.training.evaluation import predict
    from course_utils.training.history import History

    with pytest.raises(LibraryAnswer, match="best_epoch"):
        own_work(lambda: History().best_epoch, History.best_epoch.fget)()
    with pytest.raises(LibraryAnswer, match="predict"):
        own_work(lambda: predict(None, None, None), predict)()


def test_own_work_passes_and_may_use_the_rest_of_the_library():
    guarded = own_work(lambda model: freezing.unfreeze(model), freezing.freeze_backbone)
    assert guarded(torch.nn.Linear(2, 2)) == 6


def test_library_answer_is_a_failed_case(capsys):
    def double(x):
        return freezing.count_parameters(torch.nn.Linear(5, 1))

    out = report_of(double, capsys, library=(freezing.count_parameters,))
    assert "expected  an answer of your own" in out
    assert "1 of 2" not in out


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (1, 1.0, True),
        (0.1 + 0.2, 0.3, True),
        (1, 2, False),
        ([1, 2], (1, 2), True),
        ([1, 2], [1, 2, 3], False),
        (["a"], ["a"], True),
        (None, 0, False),
        (torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0]).double(), True),
        (torch.zeros(3), torch.zeros(1, 3), False),
        (torch.tensor(float("nan")), float("nan"), True),
    ],
)
def test_close(a, b, same):
    assert mistakes.close(a, b) is same


def test_recognise_looks_for_no_mistake_where_the_value_is_right():
    known = (Mistake(lambda x: x, "the same", "do something"),)
    assert mistakes.recognise(3, 3, known, lambda f: f(3), ("its type", "an int")) == (
        "its type",
        "an int",
    )


def test_recognise_passes_over_a_mistake_that_cannot_be_imitated():
    known = (Mistake(lambda x: 1 / 0, "crash", ""), Mistake(lambda x: -x, "sign", "turn it"))
    assert mistakes.recognise(-3, 3, known, lambda f: f(3), ("", "")) == ("sign", "turn it")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (0.123456, "0.12346"),
        ([1, 2], "[1, 2]"),
        ((1, "a"), "(1, 'a')"),
        (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, ...]"),
        (torch.tensor([1.0, 2.0]), "float32 tensor [2]: [1, 2]"),
        (torch.zeros(4, 5, dtype=torch.uint8), "uint8 tensor [4, 5]"),
    ],
)
def test_brief(value, text):
    assert mistakes.brief(value) == text


def test_few():
    assert mistakes.few([]) == "none"
    assert mistakes.few(["a", "b"]) == "a, b"
    assert mistakes.few(list("abcde")) == "a, b, c, ..."


def test_progress_tells_what_came_of_each_check(capsys):
    core.run("double", CASES, lambda x: x * 2)
    with pytest.raises(CheckFailed):
        core.run("double wrongly", CASES, lambda x: x + 1)
    capsys.readouterr()
    points = {"double": 2, "double wrongly": 3, "never run": 1}
    report.progress(points, written={"Your decision": 4})
    table, told = capsys.readouterr().out.split("\n\n")
    rows = [re.split(r"\s{2,}", line) for line in table.splitlines()]
    assert rows == [
        ["exercise", "points", "state"],
        ["double", "2 of 2", "passed"],
        ["double wrongly", "0 of 3", "failing: 0 of 2 cases pass"],
        ["never run", "0 of 1", "not tried yet"],
        ["Your decision (written)", "? of 4", "marked by a person"],
    ]
    assert "Points so far: 2 of 10; 4 of the 10 are marked by a person." in told
    assert "save the notebook" in told and "course check" in told


def test_a_pass_that_was_lost_again_counts_no_more(capsys):
    core.run("double", CASES, lambda x: x * 2)
    with pytest.raises(CheckFailed):
        core.run("double", CASES, lambda x: x + 1)
    capsys.readouterr()
    report.progress({"double": 2}, written={})
    assert "Points so far: 0 of 2" in capsys.readouterr().out


@pytest.mark.parametrize("chapter", ["concepts", "zoo", "finetune", "comparison", "residual"])
def test_the_table_of_each_chapter_adds_up_to_its_points_in_the_order_of_the_exercises(chapter, capsys):
    from course_utils import checks
    from course_utils.authoring import release

    getattr(checks, chapter).progress()
    shown = capsys.readouterr().out
    total = re.search(r"Points so far: \d+ of (\d+);", shown)[1]
    texts = (ROOT / "solutions").glob("*.py")
    (text,) = (p for p in texts if f"checks.{chapter}.progress()" in p.read_text(encoding="utf-8"))
    assert int(total) == sum(cell.points for cell in release.read_source(text, "1").cells)
    exercises = Counter()
    for name, points in re.findall(r'graded="(\w+)-\d+" points=(\d+)', text.read_text(encoding="utf-8")):
        exercises[name] += int(points)
    assert [int(n) for n in re.findall(r" {2}\d+ of (\d+) {2}", shown)] == list(exercises.values())


def test_a_failing_hidden_test_shows_its_own_lines_and_no_more():
    def test():
        raise AssertionError("one is not two")

    with pytest.raises(AssertionError) as failed:
        hidden(test)
    shown = "".join(failed.value._render_traceback_())
    assert shown.endswith("AssertionError: one is not two\n")
    assert "in test" in shown and "\x1b" not in shown

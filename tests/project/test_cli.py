"""The `course` command: help, exit codes, and every command that README and help name."""

from __future__ import annotations

import errno
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import typer
from courses import ROOT, make_course
from headless import write

from course_utils import cli, doctor
from course_utils.authoring import preflight, running
from course_utils.cli import authoring
from course_utils.cli.preconditions import absolute
from course_utils.course.budget import PRESETS
from course_utils.errors import DataError, EnvironmentProblem

(UsageError,) = typer.BadParameter.__bases__
COMMANDS = typer.main.get_command(cli.app).commands


def course(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """Run the command as a user would."""
    command = [sys.executable, "-m", "course_utils.cli", *words]
    return subprocess.run(command, cwd=cwd or ROOT, capture_output=True, text=True)


def without_last_words(stderr: str) -> str:
    """What is left without the assertion that libzmq now and then prints while a kernel's process ends."""
    return re.sub(r"^Assertion failed: pfd\.revents & POLLIN .*\n?", "", stderr, flags=re.M)


def named_commands(text: str) -> list[str]:
    """Every `course ...` in backquotes or alone on a line of a code block or a workflow."""
    found = re.findall(r"`(course [^`]+)`|^\s*(?:run: )?(?:\.venv/bin/)?(course [a-z].*)$", text, re.M)
    return [(quoted or alone).partition("  #")[0].strip() for quoted, alone in found]


PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in sorted((ROOT / "docs").glob("*.md")))]
PAGES += [f".github/workflows/{p.name}" for p in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]


def document(name: str) -> str:
    """A page, the help of the whole, or of one command."""
    if name in PAGES:
        return (ROOT / name).read_text(encoding="utf-8")
    return cli.HELP if name == "help" else COMMANDS[name].help


def parse(command: str) -> None:
    """Parse a command without running it; a mistake raises."""
    words = [word for word in shlex.split(command)[1:] if word != "--help"]
    if words:
        COMMANDS[words[0]].make_context(words[0], words[1:])


def test_the_graders_main_process_has_no_torch():
    code = (
        "import sys\n"
        "from course_utils.grading import batch\n"
        "from course_utils.grading.gradebook import export, feedback, glance, report\n"
        "print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "False", result.stderr


def test_help_imports_no_torch():
    code = (
        "import sys, contextlib, io\n"
        "from course_utils import cli\n"
        "for name in ('', 'build', 'run', 'fetch', 'data', 'handout', 'doctor', 'check', 'collect', 'export', 'feedback'):\n"
        "    out = io.StringIO()\n"
        "    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(out):\n"
        "        cli.app([*name.split(), '--help'])\n"
        "    assert 'Usage' in out.getvalue()\n"
        "heavy = {'torch', 'numpy', 'matplotlib', 'nbgrader', 'papermill', 'jupytext'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_help_documents_the_exit_codes_and_every_command():
    text = course("--help").stdout
    assert "Exit codes: 0 all well; 1 " in text and "2 the" in text and "3 this machine" in text
    assert set(COMMANDS) == {
        "build", "run", "fetch", "experiment", "data", "handout", "doctor", "pretrain", "bench",
        "check", "collect", "site", "grade", "export", "feedback",
    }  # fmt: skip
    assert all(re.search(rf"^  {name} +\S", text, re.M) for name in COMMANDS)
    assert "..." not in text.partition("Commands:")[2], "a first line is too long for the list"


@pytest.mark.parametrize("name", [*PAGES, "help", *COMMANDS])
def test_named_commands_exist(name):
    for command in named_commands(document(name)):
        parse(command)


def test_a_wrong_command_would_be_noticed():
    assert named_commands("run `course bild --check` or\n\n    course run --budgit cpu  # now\n") == [
        "course bild --check",
        "course run --budgit cpu",
    ]
    for wrong in ("course bild", "course run --budgit cpu", "course run --budget huge"):
        with pytest.raises((KeyError, UsageError)):
            parse(wrong)


def test_budgets_are_the_presets():
    assert set(get_args(authoring.Budget)) == {"auto", *PRESETS} - {"grade"}


@pytest.mark.parametrize(
    "words",
    [
        ("bild",),
        ("run", "--budget", "huge"),
        ("run", "--set", "epochs"),
        ("run", "no_such_notebook"),
        ("grade", "no_such_notebook"),
        ("feedback", "no_such_notebook"),
        ("fetch",),
        pytest.param(("fetch", "imagenet"), marks=pytest.mark.slow),  # imports torch
        ("data", "cifar10"),
        ("handout",),
    ],
)
def test_a_mistyped_command_is_exit_code_2(words, tmp_path):
    folder = make_course(tmp_path / "course")
    (folder / "solutions" / "90_sample").mkdir()
    (folder / "solutions" / "90_sample" / "90_sample.ipynb").touch()
    result = course(*words, cwd=folder)
    assert result.returncode == 2 and "Traceback" not in result.stderr, result.stderr


@pytest.mark.parametrize("words", [("build",), ("run",), ("handout", "x")])
def test_outside_of_a_course_is_exit_code_3(words, tmp_path):
    result = course(*words, cwd=tmp_path)
    assert result.returncode == 3
    assert (
        result.stderr.startswith("EnvironmentProblem: this is not the course folder.")
        and "do this:" in result.stderr
    )


@pytest.mark.slow
def test_a_bad_text_is_exit_code_1_with_file_and_line(tmp_path):
    folder = make_course(tmp_path / "course")
    text = folder / "solutions" / "90_sample.py"
    text.write_text(
        text.read_text(encoding="utf-8").replace("### END SOLUTION", "### END SOLUTIO", 1),
        encoding="utf-8",
    )
    result = course("build", cwd=folder)
    assert result.returncode == 1
    assert re.match(r"BuildError: 90_sample\.py:\d+: this looks like a marker", result.stderr), result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_build_and_run_the_way_a_user_does(tmp_path):
    folder = make_course(tmp_path / "course")
    missing = course("run", cwd=folder)
    assert missing.returncode == 1 and "course build" in missing.stderr
    assert course("build", cwd=folder).stdout == "90_sample: instructor and student edition\n"
    assert (
        course("build", "--check", cwd=folder / "notebooks").stdout
        == "90_sample: instructor and student edition are as built\n"
    )
    ran = course("run", "90", "--set", "extra=2", "--weights", "small", cwd=folder)
    assert ran.returncode == 0 and without_last_words(ran.stderr) == "", ran.stderr
    assert re.search(r"^90_sample +auto +small +\d+ +ok$", ran.stdout, re.M), ran.stdout
    pages = Path(re.search(r"^pages: (.*/runs/\d{8}-\d{6})/\*\.html$", ran.stdout, re.M)[1])
    assert (pages / "90_sample.html").exists()


@pytest.mark.slow
def test_record_refuses_cartoons_before_it_runs(tmp_path):
    folder = make_course(tmp_path / "course")
    (folder / "solutions" / "90_sample").mkdir()
    (folder / "solutions" / "90_sample" / "90_sample.ipynb").touch()
    result = course("run", "--record", "--data", "cartoons", cwd=folder)
    assert result.returncode == 1 and "drawn cartoons are not recorded" in result.stderr
    assert not (folder / "runs").exists()


def test_only_goes_with_record(tmp_path):
    result = course("run", "--only", "duel", cwd=tmp_path)
    assert result.returncode == 2 and "it goes with --record" in result.stderr


def test_the_recorded_command_names_no_folder_of_this_machine(tmp_path):
    archive = tmp_path / "photos.zip"
    parameters = {
        "budget": "cpu",
        "data": str(archive),
        "weights": "auto",
        "seed": 0,
        "overrides": {"plateau.epochs": 60},
    }
    command = authoring._command("03_x", parameters)
    assert (
        command == "course run 03_x --budget cpu --data photos.zip --weights auto --seed 0"
        " --set plateau.epochs=60"
    )
    parse(command)


@pytest.mark.parametrize(
    "text, setting",
    [
        ("a.epochs=60", ("a.epochs", 60)),
        ("lr=1e-3", ("lr", 0.001)),
        ("rates=[0.1, 1]", ("rates", [0.1, 1])),
        ("stem=stock", ("stem", "stock")),
    ],
)
def test_settings_are_numbers_lists_or_words(text, setting):
    assert authoring._setting(text) == setting


def test_an_existing_path_is_made_absolute_and_a_name_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    assert absolute("photos") == str(tmp_path / "photos")
    assert absolute("auto") == "auto"


def test_a_folder_does_not_take_the_place_of_a_word(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small").mkdir()
    assert absolute("small") == "small" and absolute("./small") == str(tmp_path / "small")


def test_a_course_folder_whose_path_the_gradebook_misreads_is_refused(tmp_path):
    folder = make_course(tmp_path / "my%20course")
    done = course("build", cwd=folder)
    assert done.returncode == 3 and "rename or move the folder" in done.stderr


def test_doctor_without_nbgrader_says_that_it_is_missing(monkeypatch, tmp_path):
    folder, find = make_course(tmp_path / "course"), doctor.find_spec
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "nbgrader" else find(name))
    names = [finding.name for finding in doctor.examine(folder)]
    assert "gradebook" in names and "nbgrader_config.py" not in names


@pytest.mark.parametrize("problem, code", [(DataError("x."), 1), (EnvironmentProblem("x."), 3)])
def test_problems_end_in_a_sentence_and_an_exit_code(monkeypatch, capsys, problem, code):
    def fail():
        raise problem

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    assert exit_.value.code == code
    assert capsys.readouterr().err == f"{type(problem).__name__}: x.\n"


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    return {f.name: f for f in doctor.examine(make_course(tmp_path_factory.mktemp("doctor") / "course"))}


def test_doctor_finds_what_is_there(findings):
    assert findings["torch"].there and findings["nbgrader_config.py"].there
    assert findings["small weights"].there and findings["small weights"].essential
    assert re.match(r"ok +torch +\d", str(findings["torch"]))
    assert not doctor.lacks_essentials(list(findings.values()))


def test_doctor_says_what_to_do(findings):
    assert not findings["gradebook"].there
    assert str(findings["gradebook"]).startswith("optional") and "do this: course build" in str(
        findings["gradebook"]
    )


def test_doctor_on_a_students_machine_leaves_grading_out():
    names = {f.name for f in doctor.examine(None)}
    assert "torch" in names and not names & {"nbgrader", "nbgrader_config.py", "gradebook", "sandbox"}


def test_doctor_tells_whether_a_sandbox_starts(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = doctor._sandbox(tmp_path)
    assert not finding.there and not finding.essential
    assert "bubblewrap is missing" in finding.detail and "apt install bubblewrap" in finding.remedy


@pytest.mark.slow
def test_doctor_survives_a_pair_that_does_not_fit(tmp_path):
    (tmp_path / "torchvision").mkdir()
    text = "raise RuntimeError('operator torchvision::nms does not exist')"
    (tmp_path / "torchvision" / "__init__.py").write_text(text)
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "course_utils.cli", "doctor"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert re.search(
        r"^missing +torch, torchvision +RuntimeError: operator torchvision::nms", done.stdout, re.M
    )
    assert "do this: pip install" in done.stdout and "cache folder" in done.stdout


def test_doctor_notices_what_is_missing(monkeypatch, tmp_path):
    def nothing(name):
        raise doctor.PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", nothing)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "file" / "below"))
    (tmp_path / "file").touch()
    found = {f.name: f for f in doctor.examine(None)}
    assert str(found["torch"]).startswith("missing") and "pip install" in str(found["torch"])
    assert not found["cache folder"].there and "COURSE_DATA" in str(found["cache folder"])
    assert doctor.lacks_essentials(list(found.values()))
    monkeypatch.setitem(sys.modules, "course_utils.storage", None)  # as if what it imports was missing
    assert "cache folder" not in {f.name for f in doctor.examine(None)}


def test_doctor_notices_what_is_too_old(monkeypatch):
    there = doctor.version
    monkeypatch.setattr(doctor, "version", lambda name: "0.9.0" if name == "timm" else there(name))
    old = {f.name: f for f in doctor.examine(None)}["timm"]
    assert not old.there and "0.9.0, wanted >=" in str(old) and 'pip install "timm>=' in str(old)
    monkeypatch.setattr(doctor, "requires", lambda name: None)  # a clone that was never installed
    assert {f.name: f for f in doctor.examine(None)}["timm"].there


def test_doctor_looks_at_no_weights_where_what_reads_them_is_missing(monkeypatch):
    there = doctor.version

    def all_but_one(name):
        if name == "safetensors":
            raise doctor.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr(doctor, "version", all_but_one)
    found = {f.name: f for f in doctor.examine(None)}
    assert not found["safetensors"].there and not {"small weights", doctor.PAIR} & set(found)


@pytest.mark.parametrize(
    "config", ["c = get_config()\nc.CourseDirectory.source_directory = 1 / 0\n", "x = 1\n", None]
)
def test_doctor_notices_a_config_that_nbgrader_ignores(tmp_path, config):
    folder = make_course(tmp_path / "course")
    path = folder / "nbgrader_config.py"
    path.unlink() if config is None else path.write_text(config)
    finding = doctor._nbgrader_config(folder)
    assert not finding.there and finding.essential


def test_doctor_notices_settings_that_another_file_overrides(tmp_path, monkeypatch):
    folder = make_course(tmp_path / "course")
    monkeypatch.setattr(
        doctor,
        "_as_nbgrader_loads_it",
        lambda root: {"CourseDirectory": {"source_directory": "other"}},
    )
    finding = doctor._nbgrader_config(folder)
    assert not finding.there and "CourseDirectory.source_directory" in finding.detail


@pytest.mark.slow
def test_doctor_exit_code(tmp_path):
    folder = make_course(tmp_path / "course")
    (folder / "nbgrader_config.py").write_text("1 / 0")
    broken = course("doctor", cwd=folder)
    assert broken.returncode == 3 and re.search(r"^missing +nbgrader_config.py", broken.stdout, re.M)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_disk_ends_in_a_sentence(number, monkeypatch, capsys):
    def full():
        raise OSError(number, os.strerror(number), "runs/arm.json")

    monkeypatch.setattr(cli, "app", full)
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr().err
    assert end.value.code == 3 and said.startswith("EnvironmentProblem: runs/arm.json cannot be written")
    assert all(word in said for word in ("expected: ", os.strerror(number), "do this: "))


@pytest.mark.parametrize("number", [errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG])
def test_a_path_that_nothing_can_have_ends_in_a_sentence(number, monkeypatch, capsys):
    def refused():
        raise OSError(number, os.strerror(number), f"a.csv/{'x' * 500}.csv")

    monkeypatch.setattr(cli, "app", refused)
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr().err
    assert end.value.code == 1 and said.startswith("CourseError: a.csv/xx") and len(said) < 700
    assert os.strerror(number) in said and "do this:  choose another path" in said and "room" not in said


@pytest.mark.slow  # imports torch
def test_a_file_in_the_place_of_the_folder_ends_in_a_sentence(tmp_path):
    (tmp_path / "out").touch()
    done = course("experiment", "duel", "--out", str(tmp_path / "out"))
    assert done.returncode == 3 and done.stderr.startswith("EnvironmentProblem: nothing can be written to")


def test_what_a_terminal_cannot_print_becomes_a_question_mark(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    monkeypatch.setattr(cli, "app", lambda: print("a \u2192 b", end="", flush=True))
    cli.main()
    assert written.getvalue() == b"a ? b"


def test_other_errors_of_the_system_are_not_taken_for_the_disks(monkeypatch):
    def broken():
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(OSError, match="Bad file descriptor"):
        cli.main()


@pytest.mark.slow
@pytest.mark.parametrize("words", [("doctor",), ("experiment",)])
def test_a_pair_that_does_not_fit_is_told_in_the_course_folder(words, tmp_path, monkeypatch):
    (tmp_path / "torchvision").mkdir()
    fake = 'raise RuntimeError("operator torchvision::nms does not exist")\n'
    (tmp_path / "torchvision" / "__init__.py").write_text(fake, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = course(*words)
    said = done.stdout + done.stderr
    assert done.returncode == 3 and "Traceback" not in said, said
    assert "nms does not exist" in said and "--force-reinstall torch torchvision" in said


def test_a_relative_cache_folder_is_the_same_one_for_notebooks_that_run_elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_DATA", "cache")
    monkeypatch.setattr(cli, "app", lambda: None)
    cli.main()
    assert os.environ["COURSE_DATA"] == str(tmp_path / "cache")


@pytest.fixture
def recorded_runs(monkeypatch, tmp_path):
    """`course run --record` where two notebooks ran at once; the notebooks that ran."""
    for name in ("91_a", "92_b"):
        write(tmp_path, name, 'session.keep("kept", 1)')
    ran: list[str] = []

    def run_all(job):
        ran.extend(path.stem for path in job.notebooks)
        return [running.Run(name, 1.0, running.OK) for name in ran]

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "run_all", run_all)
    monkeypatch.setattr(running, "by_experiment", lambda executed: {})
    monkeypatch.setattr(preflight, "require", lambda *_: None)
    return ran


def record(*words: str) -> int | None:
    """The exit code of `course run --record`, in this process."""
    given = ["--record", "--data", "cifar10", "--budget", "cpu", *words]
    return COMMANDS["run"].main(given, standalone_mode=False)


def test_a_notebook_that_cannot_be_recorded_does_not_stop_the_others(recorded_runs, monkeypatch, capsys):
    def refuse_the_first(run, command, only):
        if run.notebook == "91_a":
            raise DataError("91_a is not recorded.")
        return f"{run.notebook}.json"

    monkeypatch.setattr(running, "record", refuse_the_first)
    assert record() == 1
    said = capsys.readouterr()
    assert "recorded in 92_b.json" in said.out and "DataError: 91_a is not recorded." in said.err


def test_what_only_cannot_renew_is_told_before_anything_runs(recorded_runs):
    with pytest.raises(DataError, match="91_a, 92_b: no record to renew"):
        record("--only", "kept")
    assert not recorded_runs

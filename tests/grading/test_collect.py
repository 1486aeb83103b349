"""Collecting: Moodle's and Canvas' zips, rosters, several attempts, and whatever else is found in a zip."""

from __future__ import annotations

import contextlib
import errno
import json
import random
import stat
import struct
import time
import unicodedata
from datetime import UTC, datetime
from random import Random

import pytest
import zips
from project.test_cli import course as command
from typer.testing import CliRunner
from zips import LATER, canvas, member, moodle, notebook, packed

from course_utils import cli
from course_utils.grading.submissions import collect as sorting
from course_utils.grading.submissions.archive import ArchiveError, Limits
from course_utils.grading.submissions.naming import PatternError, owner, patterns
from course_utils.grading.submissions.roster import RosterError, UnknownStudent, read_roster

GOOD = (moodle("Ada Lovelace", 11), notebook("'ada'"))
SMALL = Limits(member=300_000, ratio=50, count=50, nested=200_000, total=2_000_000)


@pytest.fixture
def root(tmp_path):
    return zips.released(tmp_path / "course")


def collect(root, archive: bytes, assignment=None, roster=None, limits=SMALL, **options):
    """What became of each file, by its name."""
    path = root / "submissions.zip"
    path.write_bytes(archive)
    course = sorting.Course(root, sorting.released_cells(root), assignment, roster)
    return {o.file: o for o in sorting.collect(path, course, limits=limits, **options)}


def submitted(root) -> dict[str, bytes]:
    """Every notebook in ``submitted``, by student and assignment."""
    found = (root / "submitted").glob("*/*/*.ipynb")
    return {p.parent.relative_to(root / "submitted").as_posix(): p.read_bytes() for p in found}


def roster(root, text: str):
    path = root / "class.csv"
    path.write_text(text, encoding="utf-8")
    return read_roster(path)


@pytest.mark.parametrize(
    "name, student",
    [
        (moodle("Ada Lovelace", 11), "Ada-Lovelace_11"),
        ("Ada Lovelace_11_assignsubmission_file/90_sample.ipynb", "Ada-Lovelace_11"),
        ("Ada Lovelace_11_assignsubmission_file_/my/work/90_sample.ipynb", "Ada-Lovelace_11"),
        ("Ada Lovelace_11_assignsubmission_file_90_sample.ipynb", "Ada-Lovelace_11"),
        (f"again zipped/{moodle('Ada Lovelace', 11)}", "Ada-Lovelace_11"),
        ("Participant_11_assignsubmission_file_/90_sample.ipynb", "Participant_11"),
        (canvas("lovelaceada", 21, 301), "lovelaceada_21"),
        ("lovelaceada_LATE_21_301_90_sample-1.ipynb", "lovelaceada_21"),
        ("de_la_cruzana_21_301_90_sample.ipynb", "de_la_cruzana_21"),
        ("anon_x7Yz3_301_90_sample.ipynb", "x7Yz3"),
        ("LATE_anon_x7Yz3_301_90_sample.ipynb", "x7Yz3"),
        ("李明_21_301_90_sample.ipynb", "李明_21"),
        (moodle("Олена Шевченко", 12), "Олена-Шевченко_12"),
        (moodle("Zoë [x]*? O'Neil", 13), "Zoë-x-O-Neil_13"),
        (moodle("Ada Lovelace", 11, "90_sample (2).ipynb"), "Ada-Lovelace_11"),
        (moodle("Ada Lovelace", 11, "final FINAL.IPYNB"), "Ada-Lovelace_11"),
        (moodle("Ada Lovelace", 11, "90_sample.ipynb.txt"), "Ada-Lovelace_11"),
        (moodle("A" * 240, 11), "A" * 150 + "_11"),
    ],
)
def test_names_of_both_systems_and_of_any_script(root, name, student):
    outcomes = collect(root, packed((name, notebook())))
    assert [o.what for o in outcomes.values()] == ["collected"]
    assert submitted(root) == {f"{student}/90_sample": notebook()}


def test_a_name_in_two_unicode_forms_is_one_student(root):
    decomposed = unicodedata.normalize("NFD", "Zoë Müller")
    collect(root, packed((moodle("Zoë Müller", 4), notebook("1"))))
    outcomes = collect(root, packed((member(moodle(decomposed, 4), LATER), notebook("2"))))
    assert [o.what for o in outcomes.values()] == ["replaced"]
    assert list(submitted(root)) == ["Zoë-Müller_4/90_sample"]


def test_utf8_names_without_their_flag_and_names_in_code_page_437(root):
    utf8 = zips.without_utf8_flag(packed((moodle("Zoë", 4), notebook())))
    ibm = zips.without_utf8_flag(
        zips.with_bytes(packed((moodle("ZoXX", 5), notebook())), b"ZoXX", b"Zo\x89 ")
    )
    collect(root, utf8), collect(root, ibm)
    assert set(submitted(root)) == {"Zoë_4/90_sample", "Zoë_5/90_sample"}


BOMB = b"\0" * 40_000_000
LINK = member(moodle("Eve", 9), mode=stat.S_IFLNK | 0o777)
TARGET = b"../../solutions/90_sample/90_sample.ipynb"


@pytest.mark.parametrize(
    "file, content, why",
    [
        (f"{moodle('Eve', 9, '')}../../../evil.ipynb", notebook(), "points out of the archive"),
        ("../Eve_9_assignsubmission_file_/90_sample.ipynb", notebook(), "points out of the archive"),
        ("/Eve_9_assignsubmission_file_/90_sample.ipynb", notebook(), "points out of the archive"),
        ("C:/Eve_9_assignsubmission_file_/90_sample.ipynb", notebook(), "points out of the archive"),
        ("..\\Eve_9_assignsubmission_file_/90_sample.ipynb", notebook(), "points out of the archive"),
        (LINK, TARGET, "a symbolic link"),
        (moodle("Eve", 9), b" " * 400_000, "more than 300,000 bytes"),
        (moodle("Eve", 9, "work.zip"), packed(("90_sample.ipynb", BOMB)), "more than 300,000 bytes"),
        (
            moodle("Eve", 9, "work.zip"),
            packed(("in.zip", packed(("90_sample.ipynb", notebook())))),
            "a zip in a zip in a zip",
        ),
        (moodle("Eve", 9, "work.zip"), b"PK\x03\x04 and no more", "not a zip, or a broken one"),
        (moodle("Eve", 9, "work.zip"), packed(*[(f"{i}.txt", b"") for i in range(60)]), "a zip of 60 files"),
        (
            moodle("Eve", 9, "work.zip"),
            random.Random(0).randbytes(250_000),
            "over 200,000 bytes inside the zip",
        ),
        (
            moodle("Eve", 9, "work.zip"),
            zips.far_away(packed(GOOD)),
            "damaged in the zip (Python int too large",
        ),
        (moodle("Eve", 9, "report.pdf"), b"%PDF-1.7", "handed in no other file"),
        ("Eve_9_assignsubmission_onlinetext_/onlinetext.html", b"<p>", "handed in no other file"),
        ("readme.txt", b"hello", "its name fits neither"),
        ("90_sample.ipynb", notebook(), "its name fits neither"),
        (moodle("Eve", 9), notebook(assignment="91_other"), "a notebook of 91_other"),
        (moodle("?!", 9), notebook(), ""),
    ],
)
def test_a_bad_file_is_reported_and_stops_no_other(root, file, content, why):
    outcomes = collect(root, packed(GOOD, (file, content)), assignment="90_sample")
    assert outcomes.pop(GOOD[0]).what == "collected"
    assert submitted(root)["Ada-Lovelace_11/90_sample"] == GOOD[1]
    (bad,) = outcomes.values()
    if not why:
        assert (bad.what, bad.student) == ("collected", "9")
        return
    assert bad.what == "LEFT OUT" and why in bad.detail
    assert len(submitted(root)) == 1
    assert sorted(p.name for p in root.iterdir()) == ["notebooks", "submissions.zip", "submitted"]
    assert sorting.needs_you(outcomes.values())


def archive_of_one() -> bytes:
    return packed((moodle("Eve", 9), notebook() + b" " * 5000))


@pytest.mark.parametrize(
    "archive, why",
    [
        (zips.with_flag(archive_of_one(), 1), "encrypted"),
        (zips.claiming_size(archive_of_one(), 100), "damaged in the zip"),
        (zips.claiming_size(archive_of_one(), 2**32 - 2), None),
        (
            zips.with_bytes(
                archive_of_one(),
                b"assignsubmission_file_/90_sample.ipynb",
                b"assignsubmission_file_/90_sample.ipynX",
            ).replace(b"ipynX", b"ipynb", 1),
            "damaged in the zip",
        ),
    ],
)
def test_headers_are_not_believed(root, archive, why):
    (outcome,) = collect(root, archive).values()
    if why is None:
        assert outcome.what in ("collected", "LEFT OUT")
        return
    assert outcome.what == "LEFT OUT" and why in outcome.detail


def test_damage_inside_of_a_member_is_found(root):
    archive = bytearray(packed(GOOD, (moodle("Eve", 9), random.Random(0).randbytes(2000))))
    archive[len(archive) - 1200] ^= 0xFF
    outcomes = collect(root, bytes(archive))
    assert outcomes[GOOD[0]].what == "collected"
    assert "damaged in the zip" in outcomes[moodle("Eve", 9)].detail


def test_random_damage_never_ends_in_another_error(root):
    """Bytes of an archive, and of a zip inside it, are changed at random: each run ends in outcomes, or in an ArchiveError."""
    random = Random(3)
    inner = packed(("90_sample.ipynb", notebook("1")), ("notes.txt", b"x"))
    whole = packed(GOOD, (moodle("Eve", 9), notebook()), (moodle("Flo", 7, "work.zip"), inner))
    for _ in range(60):
        archive = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            archive[random.randrange(len(archive))] = random.randrange(256)
        with contextlib.suppress(ArchiveError):
            assert all(o.what and o.detail is not None for o in collect(root, bytes(archive)).values())


def test_the_ratio_and_the_sum_are_limited_as_bytes_arrive(root):
    two = packed((moodle("A", 1), BOMB[:2_000_000]), (moodle("B", 2), b"x" * 200), GOOD)
    found = collect(root, two, limits=Limits(ratio=50))
    assert "zip bomb" in found[moodle("A", 1)].detail and found[GOOD[0]].what == "collected"
    found = collect(root, two, limits=Limits(total=100_000, ratio=10**9))
    assert "the archive expands to more than" in found[moodle("A", 1)].detail


@pytest.mark.parametrize(
    "name",
    [
        "__MACOSX/Ada_1_assignsubmission_file_/._90_sample.ipynb",
        moodle("Ada", 1, ".DS_Store"),
        moodle("Ada", 1, "Thumbs.db"),
        moodle("Ada", 1, ".ipynb_checkpoints/90_sample.ipynb"),
    ],
)
def test_ghosts_are_nobodys_work(root, name):
    outcomes = collect(root, packed(GOOD, (name, b"\0\5\26\7")))
    assert outcomes[name].what == "ignored" and not sorting.needs_you(outcomes.values())
    assert list(submitted(root)) == ["Ada-Lovelace_11/90_sample"]


@pytest.mark.parametrize(
    "content, why",
    [
        (b"", "the file is empty"),
        (notebook()[:-40], "the file is cut off"),
        (b'{"a": 1}', "no notebook"),
        (b"<html>", "the file holds no notebook"),
        (b"%PDF-1.7 \xff", "not text in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"nbformat": 3, "worksheets": [7]}', "an old notebook that cannot be converted"),
        (b'{"nbformat": 4, "cells": [7]}', "no list of cells"),
    ],
)
def test_what_cannot_be_read_is_kept_and_said_so(root, content, why):
    name = moodle("Ada Lovelace", 11)
    outcomes = collect(root, packed((name, content)))
    assert outcomes[name].what == "UNREADABLE" and why in outcomes[name].detail
    assert submitted(root) == {"Ada-Lovelace_11/90_sample": content}
    assert sorting.needs_you(outcomes.values())


@pytest.mark.parametrize(
    "cells",
    [
        "[{}]",
        '[{"cell_type": {}, "id": [1], "metadata": {"nbgrader": {"grade_id": {}}}}]',
        '[{"metadata": 1, "source": [1, null], "attachments": {"a": 1}}]',
        "[]",
        '[{"source": "\\ud800"}]',
    ],
)
def test_odd_json_stops_nothing(root, cells):
    odd = f'{{"nbformat": 4, "metadata": [], "cells": {cells}}}'.encode()
    outcomes = collect(root, packed(GOOD, (moodle("Eve", 9), odd)))
    assert outcomes[GOOD[0]].what == "collected" and outcomes[moodle("Eve", 9)].what == "collected"


def test_what_can_be_read_counts_before_what_is_later(root):
    cut, other = moodle("Ada Lovelace", 11, "cut.ipynb"), moodle("Ada Lovelace", 11, "scratch.ipynb")
    archive = packed(GOOD, (member(cut, LATER), b"{"), (member(other, LATER), notebook(assignment="none")))
    found = collect(root, archive, assignment="90_sample")
    assert {o.what for o in found.values()} == {"collected", "UNREADABLE", "LEFT OUT"}
    assert submitted(root) == {"Ada-Lovelace_11/90_sample": GOOD[1]}
    found = collect(root, packed((member(moodle("Ada Lovelace", 11), LATER), b"{")))
    assert [o.what for o in found.values()] == ["UNREADABLE"] and submitted(root)[
        "Ada-Lovelace_11/90_sample"
    ] == GOOD[1]


def test_the_latest_attempt_counts_and_its_time_is_kept(root):
    first, second = moodle("Ada", 1), moodle("Ada", 1, "90_sample (2).ipynb")
    outcomes = collect(root, packed((member(second, LATER), notebook("2")), (first, notebook("1"))))
    assert (outcomes[first].what, outcomes[second].what) == ("older attempt", "collected")
    folder = root / "submitted" / "Ada_1" / "90_sample"
    there = datetime(*LATER).astimezone(UTC)
    assert (folder / "timestamp.txt").read_text() == f"{there:%Y-%m-%d %H:%M:%S} UTC\n"
    assert (folder / "90_sample.ipynb").stat().st_mtime == there.timestamp()


def test_nbgrader_reads_the_time_stamp(root):
    from nbgrader.utils import parse_utc

    collect(root, packed(GOOD))
    text = (root / "submitted" / "Ada-Lovelace_11" / "90_sample" / "timestamp.txt").read_text().strip()
    assert parse_utc(text) == datetime(*zips.NOON).astimezone(UTC).replace(tzinfo=None)


def test_a_time_in_utc_beats_the_local_one_and_an_impossible_date_is_no_problem(root):
    exact, impossible = member(moodle("Ada", 1)), member(moodle("Bo", 2))
    exact.extra = struct.pack("<HHBI", 0x5455, 5, 1, 1_800_000_000)
    archive = bytearray(packed((exact, notebook()), (impossible, notebook())))
    for magic, offset in ((b"PK\x03\x04", 12), (b"PK\x01\x02", 14)):
        struct.pack_into("<H", archive, archive.rfind(magic) + offset, 0)
    outcomes = collect(root, bytes(archive))
    assert outcomes[moodle("Ada", 1)].time.timestamp() == 1_800_000_000
    assert abs(outcomes[moodle("Bo", 2)].time.timestamp() - time.time()) < 60


def test_canvas_counts_its_uploads_where_times_are_equal(root):
    names = canvas("lovelaceada", 21, 399), canvas("lovelaceada", 21, 1005, "90_sample-1.ipynb")
    outcomes = collect(root, packed((names[1], notebook("2")), (names[0], notebook("1"))))
    assert [outcomes[name].what for name in names] == ["older attempt", "collected"]


def test_a_member_that_is_there_twice_counts_once(root):
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = packed((moodle("Ada", 1), notebook("1")), (moodle("Ada", 1), notebook("2")))
    path = root / "submissions.zip"
    path.write_bytes(archive)
    outcomes = sorting.collect(path, sorting.Course(root, sorting.released_cells(root)))
    assert [o.what for o in outcomes] == ["older attempt", "collected"]
    assert submitted(root) == {"Ada_1/90_sample": notebook("2")}


def test_a_second_run_changes_nothing(root):
    archive = packed(GOOD, (moodle("Bo", 2, "work.zip"), packed(("90_sample.ipynb", notebook("7")))))
    collect(root, archive)
    before = {p: (p.read_bytes(), p.stat().st_mtime) for p in (root / "submitted").rglob("*") if p.is_file()}
    outcomes = collect(root, archive)
    assert {o.what for o in outcomes.values()} == {"unchanged"} and len(outcomes) == 2
    assert before == {p: (p.read_bytes(), p.stat().st_mtime) for p in before}
    assert not (root / "replaced").exists()


def test_a_later_submission_replaces_an_older_one_which_is_kept(root):
    collect(root, packed(GOOD))
    newer = packed((member(GOOD[0], LATER), notebook("2")))
    (outcome,) = collect(root, newer).values()
    (kept,) = (root / "replaced").rglob("*.ipynb")
    assert outcome.what == "replaced" and kept.relative_to(root).as_posix() in outcome.detail
    assert kept.read_bytes() == GOOD[1] and submitted(root) == {"Ada-Lovelace_11/90_sample": notebook("2")}
    (outcome,) = collect(root, packed(GOOD)).values()
    assert outcome.what == "older attempt" and submitted(root) == {"Ada-Lovelace_11/90_sample": notebook("2")}
    assert [o.what for o in collect(root, newer).values()] == ["unchanged"]


def test_of_equal_times_the_one_that_is_there_stays_and_that_is_said(root):
    collect(root, packed(GOOD))
    (outcome,) = collect(root, packed((GOOD[0], notebook("other")))).values()
    assert outcome.what == "LEFT OUT" and "stays" in outcome.detail
    assert submitted(root) == {"Ada-Lovelace_11/90_sample": GOOD[1]}


def test_an_interrupt_between_notebook_and_time_is_put_right(root, monkeypatch):
    collect(root, packed(GOOD))
    stamp = root / "submitted" / "Ada-Lovelace_11" / "90_sample" / "timestamp.txt"
    newer = packed((member(GOOD[0], LATER), notebook("2")))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(sorting, "_stamp", interrupt)
        collect(root, newer)
    assert submitted(root) == {"Ada-Lovelace_11/90_sample": notebook("2")} and not stamp.exists()
    collect(root, newer)
    assert stamp.read_text() == f"{datetime(*LATER).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n"


def interrupt(*_):
    raise KeyboardInterrupt


def test_the_same_notebook_downloaded_again_is_not_later(root):
    collect(root, packed(GOOD))
    (outcome,) = collect(root, packed((member(GOOD[0], LATER), GOOD[1]))).values()
    stamp = root / "submitted" / "Ada-Lovelace_11" / "90_sample" / "timestamp.txt"
    assert outcome.what == "unchanged"
    assert stamp.read_text() == f"{datetime(*zips.NOON).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n"


def test_each_notebook_goes_where_its_cells_belong(root):
    other = moodle("Bo", 2, "90_sample.ipynb")
    collect(root, packed(GOOD, (other, notebook(assignment="91_other"))))
    assert set(submitted(root)) == {"Ada-Lovelace_11/90_sample", "Bo_2/91_other"}


@pytest.mark.parametrize("blocked", ["Eve_9", "Eve_9/90_sample"])
def test_a_file_in_the_place_of_a_folder_stops_no_other(root, blocked):
    (root / "submitted" / blocked).parent.mkdir(parents=True)
    (root / "submitted" / blocked).touch()
    two = [moodle("Eve", 9, name) for name in ("90_sample.ipynb", "90_sample_b.ipynb")]
    outcomes = collect(root, packed(*((name, notebook()) for name in two), GOOD))
    assert submitted(root) == {"Ada-Lovelace_11/90_sample": GOOD[1]}
    for name in two:
        assert outcomes[name].what == "LEFT OUT" and "cannot be written or read: " in outcomes[name].detail
        assert f"submitted/{blocked}" in outcomes[name].detail


def test_a_full_disk_stops_collecting(root, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sorting, "_write", full)
    with pytest.raises(OSError, match="No space left"):
        collect(root, packed(GOOD))


@pytest.mark.parametrize("there", ["ZOË", unicodedata.normalize("NFD", "Zoë")])
def test_a_folder_of_the_same_student_is_used_again(root, there):
    people = roster(root, "student_id,name\nzoë,Zoe Miller\n")
    (root / "submitted" / there).mkdir(parents=True)
    (outcome,) = collect(root, packed((moodle("Zoe Miller", 4), notebook())), roster=people).values()
    assert outcome.student == there and set(submitted(root)) == {f"{there}/90_sample"}
    own = r"(?P<student_id>[^_]+)_.*"
    later = packed((member(f"{there}_90_sample.ipynb", LATER), notebook("2")))
    (outcome,) = collect(root, later, roster=people, pattern=own).values()
    assert outcome.what == "replaced" and submitted(root) == {f"{there}/90_sample": notebook("2")}


def test_two_folders_of_one_student_are_told(root):
    for name in ("ada", "Ada"):
        (root / "submitted" / name).mkdir(parents=True)
    people = roster(root, "student_id,name\nada,Ada Lovelace\n")
    outcomes = collect(root, packed(GOOD, (moodle("Eve", 9), notebook())), roster=people)
    assert outcomes[GOOD[0]].what == "LEFT OUT" and "make them one: Ada, ada" in outcomes[GOOD[0]].detail
    assert submitted(root) == {}


@pytest.mark.parametrize("known", ["ZOË@x.org", unicodedata.normalize("NFD", "zoë@x.org")])
def test_ids_in_use_are_known_in_any_writing(root, known):
    (root / "class.csv").write_text("ID number,Email address\n7,zoë@x.org\n8,\n", encoding="utf-8")
    people = read_roster(root / "class.csv", known={known})
    assert people.id_column == "email address" and people.find("", "", known).id == "zoë@x.org"


def test_two_ids_that_differ_in_capitals_are_refused(root):
    with pytest.raises(RosterError, match="an id stands in two lines"):
        roster(root, "student_id\nAda Lovelace\nada-lovelace\n")


def test_a_copy_beside_a_released_notebook_takes_no_submission(root):
    home = root / "notebooks" / "90_sample"
    (home / "90_sample-Copy1.ipynb").write_bytes(notebook())
    collect(root, packed(GOOD))
    assert set(submitted(root)) == {"Ada-Lovelace_11/90_sample"}


def test_a_notebook_without_our_cells_goes_by_its_name_or_by_the_option(root):
    named, odd = moodle("Bo", 2, "90_sample (3).ipynb"), moodle("Cy", 3, "homework.ipynb")
    archive = packed((named, notebook(assignment="none")), (odd, notebook(assignment="none")))
    outcomes = collect(root, archive)
    assert outcomes[named].what == "collected" and "no cell of this course" in outcomes[named].detail
    assert outcomes[odd].what == "LEFT OUT" and "--assignment" in outcomes[odd].detail
    assert collect(root, archive, assignment="90_sample")[odd].what == "collected"


def test_a_nested_zip_may_hold_several_and_canvas_names_it_too(root):
    inner = packed(
        (member("a/90_sample.ipynb", LATER), notebook("2")),
        ("b/90_sample.ipynb", notebook("1")),
        ("x.png", b"x"),
    )
    outcomes = collect(root, packed((canvas("lovelaceada", 21, 5, "work.zip"), inner)))
    assert [o.what for o in outcomes.values()] == ["collected", "older attempt", "ignored"]
    assert submitted(root) == {"lovelaceada_21/90_sample": notebook("2")}


@pytest.mark.parametrize(
    "inner", [canvas("lovelaceada", 21, 9), moodle("Ada Lovelace", 21), "anon_21_9_90_sample.ipynb"]
)
def test_what_a_student_zips_is_that_students_whatever_it_is_called(root, inner):
    later = packed((member(inner, (2030, 1, 1, 0, 0, 0)), notebook("'mallory'")))
    archive = packed(
        (canvas("lovelaceada", 21, 5), notebook("'ada'")), (canvas("mallorym", 22, 5, "hw.zip"), later)
    )
    collect(root, archive)
    assert submitted(root) == {
        "lovelaceada_21/90_sample": notebook("'ada'"),
        "mallorym_22/90_sample": notebook("'mallory'"),
    }
    stamp = (root / "submitted" / "mallorym_22" / "90_sample" / "timestamp.txt").read_text()
    assert stamp.startswith("2026-03-01")  # the LMS's time, not the student's word


def test_two_students_of_one_name_stay_two(root):
    archive = packed((moodle("Ada Lovelace", 11), notebook("1")), (moodle("Ada Lovelace", 12), notebook("2")))
    collect(root, archive)
    assert set(submitted(root)) == {"Ada-Lovelace_11/90_sample", "Ada-Lovelace_12/90_sample"}


def test_two_people_who_become_one_by_their_name_are_left_out(root):
    people = roster(root, "student_id,name,number\nwz,Wei Zhang,55\n")
    archive = packed((canvas("zhangwei", 55, 6), notebook("1")), (canvas("zhangwei", 77, 8), notebook("2")))
    outcomes = collect(root, archive, roster=people).values()
    assert not submitted(root) and sorting.needs_you(outcomes)
    assert all("2 people of this name: 55, 77" in outcome.detail for outcome in outcomes)


def test_a_roster_gives_ids_by_number_or_name(root):
    people = roster(
        root, "student_id;name;number\nal1;Lovelace, Ada;11\nal2;Ada Lovelace;12\nbo;Bo van Os;\n"
    )
    archive = packed(
        (moodle("Ada Lovelace", 11), notebook("1")),
        (moodle("Ada Lovelace", 12), notebook("2")),
        (moodle("Ada Lovelace", 99), notebook("3")),
        (canvas("osbovan", 5, 6), notebook("4")),
        (moodle("Eve", 9), notebook()),
    )
    outcomes = list(collect(root, archive, roster=people).values())
    assert set(submitted(root)) == {"al1/90_sample", "al2/90_sample", "bo/90_sample"}
    assert "several in the roster are called Ada Lovelace: al1, al2" in outcomes[2].detail
    assert outcomes[4].detail == "not in the roster"


@pytest.mark.parametrize(
    "text, id_",
    [
        (
            'Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"Lovelace, Ada",11,S1,ada@x.org,A\n',
            "ada@x.org",
        ),
        ("Identifier,Full name,Email address,Status\nParticipant 11,Ada Lovelace,ada@x.org,-\n", "ada@x.org"),
        ("\ufeffFirst name,Last name,ID number,Email address\nAda,Lovelace,S1,ada@x.org\n", "S1"),
        ("Vorname,student_id,name\n,S1,ADA LOVELACE\n", "S1"),
    ],
)
def test_rosters_of_both_systems_are_read_as_they_come(root, text, id_):
    people = roster(root, text)
    assert len(people.students) == 1
    collect(root, packed(GOOD), roster=people)
    assert set(submitted(root)) == {f"{id_}/90_sample"}


@pytest.mark.parametrize(
    "text, why",
    [
        ("name\nAda\n", "no column(.|\n)*found: +name"),
        ("", "no column(.|\n)*found: +nothing"),
        ("student_id\nada\nADA\n", "stands in two lines"),
        ("Student_ID ,name\n", "no line has an id(.|\n)*found: +0 lines"),
        ("name,email address\nAda,\n", "no line has an id(.|\n)*found: +1 lines"),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused(root, text, why):
    with pytest.raises(RosterError, match=why):
        roster(root, text)


def test_a_roster_in_latin_1_and_a_folder_for_a_zip_come_with_a_remedy(root):
    path = root / "class.csv"
    path.write_bytes("student_id,name\nju,Jürgen\n".encode("latin-1"))
    with pytest.raises(RosterError, match="Latin-1, in line 2(.|\n)*do this: .*UTF-8"):
        read_roster(path)
    with pytest.raises(ArchiveError, match="found:    a folder(.|\n)*do this: +name the zip itself"):
        list(sorting.collect(root, sorting.Course(root, {}, None, None)))
    with pytest.raises(ArchiveError, match="No such file(.|\n)*do this: +correct the path"):
        list(sorting.collect(root / "none.zip", sorting.Course(root, {}, None, None)))


def test_a_pattern_of_ones_own(root):
    own = r"(?P<student_id>\w+)_attempt_(?P<timestamp>[\d-]+)_.*"
    names = "ada_attempt_2026-01-30-15-00-00_x.ipynb", "ada_attempt_2026-01-30-15-00-01_x.ipynb"
    outcomes = collect(root, packed((names[1], notebook("2")), (names[0], notebook("1"))), pattern=own)
    assert [outcomes[name].what for name in names] == ["older attempt", "collected"]
    assert outcomes[names[1]].time == datetime(2026, 1, 30, 15, 0, 1, tzinfo=UTC)
    assert owner("ada_attempt_9_x.ipynb", patterns("auto", own)).time is None


@pytest.mark.parametrize("own", ["(", r"(?P<student>\w+)", ""])
def test_a_pattern_that_cannot_be_used_is_refused(own):
    with pytest.raises(PatternError):
        patterns("auto", own)


@pytest.mark.parametrize("lms, name", [("canvas", moodle("Ada", 1)), ("moodle", canvas("ada", 1, 2))])
def test_one_system_can_be_asked_for(root, lms, name):
    assert collect(root, packed((name, notebook())), lms=lms)[name].what == "LEFT OUT"


@pytest.mark.parametrize("content", [b"", b"no zip", packed(GOOD)[:-30], packed(GOOD)[40:]])
def test_an_archive_that_cannot_be_opened_is_an_error(root, content):
    if content == packed(GOOD)[40:]:
        (outcome,) = collect(root, content).values()
        assert "damaged in the zip" in outcome.detail
        return
    with pytest.raises(ArchiveError, match="not a zip, or a broken one"):
        collect(root, content)


def test_too_many_files_are_an_error(root):
    with pytest.raises(ArchiveError, match="a zip of 60 files"):
        collect(root, packed(*[(moodle("A", i), notebook()) for i in range(60)]))


def test_the_table_shows_control_characters_and_obeys_none(root):
    outcomes = collect(root, packed((moodle("Eve", 9, "a\x1b[2Jb\u202e.pdf"), b"x")))
    text = sorting.report(list(outcomes.values()))
    assert "\\x1b[2Jb\\u202e.pdf" in text and "\x1b" not in text


def test_the_command(root, monkeypatch):
    (root / "nbgrader_config.py").touch()
    (root / "solutions").mkdir()
    (root / "a.zip").write_bytes(packed(GOOD))
    (root / "b.zip").write_bytes(packed(GOOD, (moodle("Eve", 9), b"")))
    good = command("collect", "a.zip", "--assignment", "90_sample", cwd=root)
    assert good.returncode == 0 and "collected" in good.stdout and good.stderr == "", good.stderr
    monkeypatch.chdir(root)
    run = CliRunner().invoke
    bad = run(cli.app, ["collect", "b.zip"])
    assert bad.exit_code == 1 and "1 unchanged, 1 UNREADABLE" in bad.output
    assert "none.zip cannot be opened" in str(run(cli.app, ["collect", "none.zip"]).exception)
    for words in (("--pattern", "("), ("--assignment", "92"), ("--lms", "x")):
        assert run(cli.app, ["collect", "a.zip", *words]).exit_code == 2


def test_of_an_lms_own_export_the_column_that_is_filled_counts(root):
    header = '"First name","Last name","ID number","Email address"\n'
    known = roster(root, header + "Ada,Lovelace,,ada@x.org\nAlan,Turing,,alan@x.org\n")
    assert [student.id for student in known.students] == ["ada@x.org", "alan@x.org"]
    with pytest.raises(RosterError, match="no line has an id"):
        roster(root, header + "Ada,Lovelace,,\n")
    with pytest.raises(RosterError, match="no folder can be called"):
        roster(root, "student_id,name\n---,Ada Lovelace\n")


def test_a_folder_or_zip_with_a_date_in_its_name_is_no_student(root):
    folder = {
        f"hw_2026_01_30/{canvas(name, n, 300 + n)}": notebook(f"{n}") for n, name in ((2, "ada"), (3, "eve"))
    }
    collect(root, packed(*folder.items()))
    inner = packed(*((path.rpartition("/")[2], content) for path, content in folder.items()))
    outcomes = collect(root, packed(("Homework_2026_01_30.zip", inner)))
    assert {o.what for o in outcomes.values()} == {"unchanged"}
    assert set(submitted(root)) == {"ada_2/90_sample", "eve_3/90_sample"}


def test_a_blank_notebook_does_not_take_the_place_of_answers(root):
    blank, answered = notebook(), notebook("2")
    names = canvas("ada", 2, 301), canvas("ada", 2, 302, "90_sample_original.ipynb")
    outcomes = collect(root, packed((names[0], answered), (names[1], blank)))
    assert submitted(root) == {"ada_2/90_sample": answered}
    assert outcomes[names[1]].what == "older attempt" and "as it was handed out" in outcomes[names[1]].detail
    assert not sorting.needs_you(outcomes.values())


def test_an_answer_in_a_copy_of_its_cell_is_no_blank_notebook(root):
    blank, answered = notebook(), json.loads(notebook("2"))
    answered["cells"] += json.loads(blank)["cells"]
    both = json.dumps(answered).encode()
    names = canvas("ada", 2, 301), canvas("ada", 2, 302)
    outcomes = collect(root, packed((names[0], notebook("3")), (member(names[1], LATER), both)))
    assert submitted(root) == {"ada_2/90_sample": both} and outcomes[names[0]].what == "older attempt"


def test_a_newer_notebook_that_looks_blank_needs_a_person(root):
    names = canvas("ada", 2, 301), canvas("ada", 2, 302)
    outcomes = collect(root, packed((names[0], notebook("3")), (member(names[1], LATER), notebook())))
    assert submitted(root) == {"ada_2/90_sample": notebook("3")}
    assert outcomes[names[1]].what == "LEFT OUT" and "as it was handed out" in outcomes[names[1]].detail


def test_two_answers_of_one_moment_and_a_newer_one_that_counts_less_need_a_person(root):
    two = [moodle("Ada", 2, name) for name in ("90_sample.ipynb", "90_sample_b.ipynb")]
    outcomes = collect(root, packed((two[0], notebook("2")), (two[1], notebook("3"))))
    assert sorted(o.what for o in outcomes.values()) == ["LEFT OUT", "collected"]
    newer = member(canvas("eve", 3, 302, "90_sample.ipynb"), LATER)
    outcomes = collect(
        root,
        packed((canvas("eve", 3, 301), notebook("2")), (newer, notebook(assignment="other"))),
        "90_sample",
    )
    assert outcomes[newer.filename].what == "LEFT OUT"


def test_a_student_whose_notebook_is_of_another_chapter_is_told_once(root):
    other, picture = moodle("Ada", 2, "x.ipynb"), moodle("Ada", 2, "plot.png")
    outcomes = collect(root, packed((other, notebook(assignment="91_other")), (picture, b"png")), "90_sample")
    assert (outcomes[other].what, outcomes[picture].what) == ("LEFT OUT", "ignored")


def test_a_roster_keeps_the_ids_that_are_in_use(root):
    text = "Full name,ID number,Email address\nAda,s1,ada@x.org\nEve,,eve@x.org\n"
    (root / "class.csv").write_text(text, encoding="utf-8")
    assert [s.id for s in read_roster(root / "class.csv").students] == ["ada@x.org", "eve@x.org"]
    people = read_roster(root / "class.csv", known={"s1"})
    assert [s.id for s in people.students] == ["s1"]
    with pytest.raises(UnknownStudent, match="in the roster, but without a id number"):
        people.find("7", "Eve")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_roster_may_begin_with_blank_lines_and_be_in_utf_16(root, encoding):
    (root / "class.csv").write_text("\n\nstudent_id,name\ns1,Ada\n", encoding=encoding)
    assert [s.id for s in read_roster(root / "class.csv").students] == ["s1"]


def test_a_roster_with_a_quote_too_many_is_refused_with_its_line(root):
    with pytest.raises(RosterError, match=r"is no CSV(.|\n)*in line 2(.|\n)*do this"):
        roster(root, 'student_id,name\ns1,"Ada"x\ns2,"Eve\n')

"""The download engine: resumed, verified, from several hosts; a bad one costs seconds, not the file."""

import errno
import hashlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from servers import Server

from course_utils import downloads
from course_utils.downloads import Download, fetch
from course_utils.errors import DownloadError

FILE = "cifar-10-python.tar.gz"
CONTENT = bytes(range(256)) * 4000  # about 1 MB


def good(start_server) -> Server:
    """One that has the file."""
    return start_server({f"/{FILE}": CONTENT})


@pytest.fixture
def server(start_server):
    return good(start_server)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def wanted(folder):
    checksum = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
    return Download((f"https://nowhere.invalid/{FILE}",), checksum, folder / FILE, again="`try this`")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", 1.0)


def check_fetched(wanted: Download) -> None:
    assert fetch(wanted, progress=False) == wanted.path
    assert wanted.path.read_bytes() == CONTENT
    assert [file.name for file in wanted.path.parent.iterdir()] == [FILE]


# the good days


def test_download(server, mirrors, wanted):
    mirrors(server.url)
    check_fetched(wanted)
    assert server.requests == [(f"/{FILE}", None)]


def test_what_is_here_is_not_fetched_again(server, mirrors, wanted):
    mirrors(server.url)
    check_fetched(wanted)
    check_fetched(wanted)
    assert len(server.requests) == 1


def test_damaged_file_is_fetched_again(server, mirrors, folder, wanted):
    mirrors(server.url)
    folder.mkdir()
    (folder / FILE).write_bytes(CONTENT[:-1])
    check_fetched(wanted)


def test_progress_is_shown(server, mirrors, capfd, wanted):
    mirrors(server.url)
    fetch(wanted)
    shown = capfd.readouterr().err
    assert f"{FILE} from {server.host}" in shown and "100%" in shown


def test_no_progress_without_progress(server, mirrors, capfd, wanted):
    mirrors(server.url)
    fetch(wanted, progress=False)
    assert capfd.readouterr() == ("", "")


def test_server_that_does_not_tell_the_length(server, mirrors, wanted):
    mirrors(server.url)
    server.tells_length = False
    check_fetched(wanted)


# interruptions


def test_cut_half_way_then_resumed(server, mirrors, wanted):
    mirrors(server.url)
    server.cut = [400_000]
    check_fetched(wanted)
    assert server.requests == [(f"/{FILE}", None), (f"/{FILE}", "bytes=400000-")]


def test_cut_again_and_again(server, mirrors, wanted):
    mirrors(server.url)
    server.cut = [300_000, 300_000, 300_000]
    check_fetched(wanted)
    assert [asked for _, asked in server.requests][1:] == [f"bytes={n}00000-" for n in (3, 6, 9)]


def test_cut_and_resumed_from_another_mirror(start_server, mirrors, wanted):
    first, second = good(start_server), good(start_server)
    mirrors(first.url, second.url)
    first.cut = [400_000]
    check_fetched(wanted)
    assert len(first.requests) == 1
    assert second.requests == [(f"/{FILE}", "bytes=400000-")]


def test_cut_and_started_anew_where_range_is_unknown(server, mirrors, wanted):
    mirrors(server.url)
    server.ranges, server.cut = False, [400_000]
    check_fetched(wanted)


def test_a_server_that_always_hangs_up_is_given_up(server, mirrors, folder, wanted):
    mirrors(server.url)
    server.ranges, server.cut = False, [400_000] * 100
    with pytest.raises(DownloadError, match="the connection broke off"):
        fetch(wanted, progress=False)
    assert len(server.requests) < 5
    assert not (folder / FILE).exists()


def test_next_call_goes_on(server, mirrors, folder, wanted):
    mirrors(server.url)
    folder.mkdir()
    (folder / f"{FILE}.part").write_bytes(CONTENT[:1000])
    check_fetched(wanted)
    assert server.requests == [(f"/{FILE}", "bytes=1000-")]


def test_part_that_is_whole_already(server, mirrors, folder, wanted):
    mirrors(server.url)
    folder.mkdir()
    (folder / f"{FILE}.part").write_bytes(CONTENT)
    check_fetched(wanted)


def test_interrupt_keeps_the_part(server, mirrors, folder, monkeypatch, wanted):
    mirrors(server.url)
    chunks = downloads._chunks

    def interrupted(*args):
        for i, chunk in enumerate(chunks(*args)):
            if i == 3:
                raise KeyboardInterrupt
            yield chunk

    monkeypatch.setattr(downloads, "_chunks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(wanted, progress=False)
    (part,) = folder.iterdir()
    assert part.name == f"{FILE}.part" and part.read_bytes() == CONTENT[: part.stat().st_size] != b""
    monkeypatch.setattr(downloads, "_chunks", chunks)
    check_fetched(wanted)
    assert server.requests[1][1] is not None


# wrong contents


def test_wrong_checksum(start_server, mirrors, folder, wanted):
    mirrors(start_server({f"/{FILE}": b"something else"}).url)
    with pytest.raises(DownloadError, match=r"could not be downloaded(.|\n)*a wrong checksum"):
        fetch(wanted, progress=False)
    assert list(folder.iterdir()) == []


def test_wrong_checksum_then_a_good_mirror(start_server, mirrors, wanted):
    mirrors(start_server({f"/{FILE}": b"something else"}).url, good(start_server).url)
    check_fetched(wanted)


def test_a_host_that_breaks_off_and_one_with_another_file_end(start_server, mirrors, wanted):
    breaking, other = good(start_server), start_server({f"/{FILE}": b"x" * len(CONTENT)})
    breaking.ranges, breaking.cut = False, [400_000] * 100
    mirrors(breaking.url, other.url)
    with pytest.raises(DownloadError, match="broke off"):
        fetch(wanted, progress=False)
    assert len(breaking.requests) + len(other.requests) < 9


def test_part_of_another_file(server, mirrors, folder, wanted):
    mirrors(server.url)
    folder.mkdir()
    (folder / f"{FILE}.part").write_bytes(b"x" * 1000)
    check_fetched(wanted)
    assert [asked for _, asked in server.requests] == ["bytes=1000-", None]


def test_web_page_does_not_spoil_the_part(server, mirrors, folder, wanted):
    mirrors(server.url)
    folder.mkdir()
    (folder / f"{FILE}.part").write_bytes(CONTENT[:1000])
    server.ranges, server.type = False, "text/html; charset=utf-8"
    with pytest.raises(DownloadError, match="a web page came in place of the file"):
        fetch(wanted, progress=False)
    assert (folder / f"{FILE}.part").read_bytes() == CONTENT[:1000]


def test_final_name_appears_only_with_the_whole_file(server, mirrors, folder, wanted):
    mirrors(server.url)
    server.pace = 0.0005
    seen = []
    done = threading.Event()

    def watch():
        while not done.is_set():
            if (folder / FILE).exists():
                seen.append((folder / FILE).stat().st_size)
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    check_fetched(wanted)
    done.set()
    watcher.join()
    assert set(seen) <= {len(CONTENT)}


# hosts that do not answer, or not at a bearable speed


def test_unreachable_then_the_next_mirror(server, mirrors, nobody, wanted):
    mirrors(nobody, server.url)
    check_fetched(wanted)


def test_missing_file_then_the_next_mirror(start_server, mirrors, wanted):
    mirrors(start_server().url, good(start_server).url)
    check_fetched(wanted)


def test_silent_host_then_the_next_mirror(server, mirrors, wanted):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mirrors(f"http://127.0.0.1:{silent.getsockname()[1]}", server.url)
        start = time.monotonic()
        check_fetched(wanted)
        assert time.monotonic() - start < 3


def test_slow_mirror_then_the_next_one_goes_on(start_server, mirrors, monkeypatch, wanted):
    monkeypatch.setattr(downloads, "PATIENCE", 0.2)
    slow, fast = good(start_server), good(start_server)
    slow.pace = 0.02
    mirrors(slow.url, fast.url)
    check_fetched(wanted)
    ((_, asked),) = fast.requests
    assert 2000 < int(asked[len("bytes=") : -1]) < 100_000


def test_slow_mirror_is_better_than_none(server, mirrors, monkeypatch, nobody, wanted):
    monkeypatch.setattr(downloads, "PATIENCE", 0.1)
    monkeypatch.setattr(downloads, "SLOW", 1e12)
    server.pace = 0.0005
    mirrors(server.url, nobody)
    check_fetched(wanted)
    assert len(server.requests) == 2


def test_single_slow_mirror_is_waited_for(server, mirrors, monkeypatch, wanted):
    monkeypatch.setattr(downloads, "PATIENCE", 0.1)
    monkeypatch.setattr(downloads, "SLOW", 1e12)
    server.pace = 0.0005
    mirrors(server.url)
    check_fetched(wanted)
    assert len(server.requests) == 1


def test_all_mirrors_fail(start_server, mirrors, folder, nobody, wanted):
    missing, wrong = start_server(), start_server({f"/{FILE}": b"something else"})
    mirrors(nobody, missing.url, wrong.url)
    with pytest.raises(DownloadError) as error:
        fetch(wanted, progress=False)
    message = str(error.value)
    assert f"{nobody.removeprefix('http://')}: [Errno" in message and "refused" in message
    assert f"{missing.host}: HTTP Error 404" in message
    assert f"{wrong.host}: the file that came has a wrong checksum" in message
    assert "`try this`" in message and "COURSE_MIRRORS" in message
    assert str(folder) in message
    assert list(folder.iterdir()) == []


def test_folder_that_cannot_be_made(server, mirrors, folder, wanted):
    mirrors(server.url)
    folder.write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match="COURSE_DATA"):
        fetch(wanted, progress=False)


# mirrors


@pytest.mark.parametrize(
    "mirrors, urls",
    [
        ("https://a.org/x/", [f"https://a.org/x/{FILE}"]),
        ("https://a.org/x, http://b.org", [f"https://a.org/x/{FILE}", f"http://b.org/{FILE}"]),
        (f"https://a.org/{FILE} http://b.org", [f"https://a.org/{FILE}", f"http://b.org/{FILE}"]),
        ("https://a.org/hotdog.zip\nhttp://b.org", [f"http://b.org/{FILE}"]),
        ("https://a.org/moco.pth.tar,http://b.org", [f"http://b.org/{FILE}"]),
    ],
)
def test_mirrors_of_the_environment(monkeypatch, mirrors, urls, wanted):
    monkeypatch.setenv("COURSE_MIRRORS", mirrors)
    assert list(wanted.urls) == urls


def test_mirrors_of_other_files_alone(monkeypatch, wanted):
    usual = wanted.urls
    monkeypatch.setenv("COURSE_MIRRORS", "https://a.org/hotdog.zip")
    assert wanted.urls == usual


def test_mirror_that_is_no_address(mirrors, wanted):
    mirrors("a.org")
    with pytest.raises(DownloadError, match="unknown url type"):
        fetch(wanted, progress=False)


def test_mirror_on_a_shared_disk(tmp_path, mirrors, wanted):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / FILE).write_bytes(CONTENT)
    mirrors((tmp_path / "mirror").as_uri())
    check_fetched(wanted)


# no checksum


def test_a_file_without_a_checksum_must_have_the_length_that_was_told(server, mirrors, wanted):
    mirrors(server.url)
    unchecked = replace(wanted, checksum="")
    server.cut = [400_000]
    check_fetched(unchecked)
    check_fetched(unchecked)
    assert server.requests == [(f"/{FILE}", None), (f"/{FILE}", "bytes=400000-")]


def test_of_two_fetches_at_once_both_have_the_file(start_server, tmp_path):
    content = bytes(range(256)) * 4000
    host = start_server({"/f.bin": content})
    checksum = "sha256:" + hashlib.sha256(content).hexdigest()
    wanted = Download((f"{host.url}/f.bin",), checksum, tmp_path / "f.bin", "it")
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(fetch, wanted, False) for _ in range(2)]
    assert [one.result() for one in done] == [wanted.path] * 2 and wanted.path.read_bytes() == content


def test_a_mirror_whose_address_is_none_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_MIRRORS", "http://[::1")
    with pytest.raises(DownloadError, match="could not be downloaded"):
        fetch(Download(("http://a.org/f.bin",), "", tmp_path / "f.bin", "it"), progress=False)


def test_a_full_disk_is_not_taken_for_the_hosts_fault(server, mirrors, wanted, monkeypatch):
    mirrors(server.url)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloads, "_receive", full)
    with pytest.raises(DownloadError, match=r"could not be written(.|\n)*No space(.|\n)*make room"):
        fetch(wanted, progress=False)

import hashlib
import io
import socket
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from archives import archive_bytes
from torchvision.datasets import CIFAR10
from torchvision.models import ResNet18_Weights, get_model_weights

from course_utils import downloads as fetching
from course_utils.data.loading import load_data
from course_utils.downloads import NAMES, download, fetch
from course_utils.errors import DataError

FILE = "cifar-10-python.tar.gz"
CONTENT = bytes(range(256)) * 4000  # about 1 MB


class Server:
    """A web server on the loopback interface that can misbehave.

    Attributes:
        files: content by path.
        cut: how many bytes to send of an answer before hanging up, one number per request.
        ranges: whether it knows the Range header.
        pace: seconds of sleep after each 1,000 bytes.
        type: the media type it claims.
        tells_length: whether it says how long the answer will be.
        requests: (path, Range header) of what was asked.
    """

    def __init__(self):
        self.files, self.cut, self.ranges, self.pace = {}, [], True, 0.0
        self.type, self.tells_length = "application/octet-stream", True
        self.requests = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.host = self.url.removeprefix("http://")
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request) -> None:
        wanted = request.headers["Range"]
        self.requests.append((request.path, wanted))
        content = self.files.get(request.path)
        if content is None:
            return request.send_error(404)
        start = int(wanted[len("bytes=") : -1]) if wanted and self.ranges else 0
        if start >= len(content):
            return request.send_error(416)
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.tells_length:
            request.send_header("Content-Length", str(len(content) - start))
        request.send_header("Content-Type", self.type)
        request.end_headers()
        body = content[start:][: self.cut.pop(0) if self.cut else None]
        step = 1000 if self.pace else len(body)
        try:
            for i in range(0, len(body), step):
                request.wfile.write(body[i : i + step])
                time.sleep(self.pace)
        except OSError:
            pass  # the client has had enough

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def start_server():
    servers = []

    def start(content: bytes | None = CONTENT) -> Server:
        servers.append(Server())
        if content is not None:
            servers[-1].files[f"/{FILE}"] = content
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(CONTENT).hexdigest())
    monkeypatch.setattr(fetching, "TIMEOUT", 1.0)
    return tmp_path / "data"


@pytest.fixture
def mirrors(monkeypatch):
    return lambda *urls: monkeypatch.setenv("COURSE_MIRRORS", ", ".join(urls))


@pytest.fixture
def nobody():
    """The address of a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{free.getsockname()[1]}"


def check_fetched(folder: Path) -> None:
    assert fetch("cifar10", progress=False) == folder / FILE
    check_whole(folder)


def check_whole(folder: Path) -> None:
    assert (folder / FILE).read_bytes() == CONTENT
    assert [file.name for file in folder.iterdir()] == [FILE]


# the good days


def test_download(server, mirrors, folder):
    mirrors(server.url)
    check_fetched(folder)
    assert server.requests == [(f"/{FILE}", None)]


def test_what_is_here_is_not_fetched_again(server, mirrors, folder):
    mirrors(server.url)
    check_fetched(folder)
    check_fetched(folder)
    assert len(server.requests) == 1


def test_damaged_file_is_fetched_again(server, mirrors, folder):
    mirrors(server.url)
    folder.mkdir()
    (folder / FILE).write_bytes(CONTENT[:-1])
    check_fetched(folder)


def test_progress_is_shown(server, mirrors, capfd):
    mirrors(server.url)
    fetch("cifar10")
    shown = capfd.readouterr().err
    assert f"{FILE} from {server.host}" in shown and "100%" in shown


def test_no_progress_without_progress(server, mirrors, capfd):
    mirrors(server.url)
    fetch("cifar10", progress=False)
    assert capfd.readouterr() == ("", "")


def test_server_that_does_not_tell_the_length(server, mirrors, folder):
    mirrors(server.url)
    server.tells_length = False
    check_fetched(folder)


# interruptions


def test_cut_half_way_then_resumed(server, mirrors, folder):
    mirrors(server.url)
    server.cut = [400_000]
    check_fetched(folder)
    assert server.requests == [(f"/{FILE}", None), (f"/{FILE}", "bytes=400000-")]


def test_cut_again_and_again(server, mirrors, folder):
    mirrors(server.url)
    server.cut = [300_000, 300_000, 300_000]
    check_fetched(folder)
    assert [asked for _, asked in server.requests][1:] == [f"bytes={n}00000-" for n in (3, 6, 9)]


def test_cut_and_resumed_from_another_mirror(start_server, mirrors, folder):
    first, second = start_server(), start_server()
    mirrors(first.url, second.url)
    first.cut = [400_000]
    check_fetched(folder)
    assert len(first.requests) == 1
    assert second.requests == [(f"/{FILE}", "bytes=400000-")]


def test_cut_and_started_anew_where_range_is_unknown(server, mirrors, folder):
    mirrors(server.url)
    server.ranges, server.cut = False, [400_000]
    check_fetched(folder)


def test_a_server_that_always_hangs_up_is_given_up(server, mirrors, folder):
    mirrors(server.url)
    server.ranges, server.cut = False, [400_000] * 100
    with pytest.raises(DataError, match="the connection broke off"):
        fetch("cifar10", progress=False)
    assert len(server.requests) < 5
    assert not (folder / FILE).exists()


def test_next_call_goes_on(server, mirrors, folder):
    mirrors(server.url)
    folder.mkdir()
    (folder / f"{FILE}.part").write_bytes(CONTENT[:1000])
    check_fetched(folder)
    assert server.requests == [(f"/{FILE}", "bytes=1000-")]


def test_part_that_is_whole_already(server, mirrors, folder):
    mirrors(server.url)
    folder.mkdir()
    (folder / f"{FILE}.part").write_bytes(CONTENT)
    check_fetched(folder)


def test_interrupt_keeps_the_part(server, mirrors, folder, monkeypatch):
    mirrors(server.url)
    chunks = fetching._chunks

    def interrupted(*args):
        for i, chunk in enumerate(chunks(*args)):
            if i == 3:
                raise KeyboardInterrupt
            yield chunk

    monkeypatch.setattr(fetching, "_chunks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch("cifar10", progress=False)
    (part,) = folder.iterdir()
    assert part.name == f"{FILE}.part" and part.read_bytes() == CONTENT[: part.stat().st_size] != b""
    monkeypatch.setattr(fetching, "_chunks", chunks)
    check_fetched(folder)
    assert server.requests[1][1] is not None


# wrong contents


def test_wrong_checksum(start_server, mirrors, folder):
    mirrors(start_server(b"something else").url)
    with pytest.raises(DataError, match=r"could not be downloaded(.|\n)*a wrong checksum"):
        fetch("cifar10", progress=False)
    assert list(folder.iterdir()) == []


def test_wrong_checksum_then_a_good_mirror(start_server, mirrors, folder):
    mirrors(start_server(b"something else").url, start_server().url)
    check_fetched(folder)


def test_part_of_another_file(server, mirrors, folder):
    mirrors(server.url)
    folder.mkdir()
    (folder / f"{FILE}.part").write_bytes(b"x" * 1000)
    check_fetched(folder)
    assert [asked for _, asked in server.requests] == ["bytes=1000-", None]


def test_web_page_does_not_spoil_the_part(server, mirrors, folder):
    mirrors(server.url)
    folder.mkdir()
    (folder / f"{FILE}.part").write_bytes(CONTENT[:1000])
    server.ranges, server.type = False, "text/html; charset=utf-8"
    with pytest.raises(DataError, match="a web page came in place of the file"):
        fetch("cifar10", progress=False)
    assert (folder / f"{FILE}.part").read_bytes() == CONTENT[:1000]


def test_final_name_appears_only_with_the_whole_file(server, mirrors, folder):
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
    check_fetched(folder)
    done.set()
    watcher.join()
    assert set(seen) <= {len(CONTENT)}


# hosts that do not answer, or not at a bearable speed


def test_unreachable_then_the_next_mirror(server, mirrors, folder, nobody):
    mirrors(nobody, server.url)
    check_fetched(folder)


def test_missing_file_then_the_next_mirror(start_server, mirrors, folder):
    mirrors(start_server(None).url, start_server().url)
    check_fetched(folder)


def test_silent_host_then_the_next_mirror(server, mirrors, folder):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mirrors(f"http://127.0.0.1:{silent.getsockname()[1]}", server.url)
        start = time.monotonic()
        check_fetched(folder)
        assert time.monotonic() - start < 3


def test_slow_mirror_then_the_next_one_goes_on(start_server, mirrors, folder, monkeypatch):
    monkeypatch.setattr(fetching, "PATIENCE", 0.2)
    slow, fast = start_server(), start_server()
    slow.pace = 0.02
    mirrors(slow.url, fast.url)
    check_fetched(folder)
    ((_, asked),) = fast.requests
    assert 2000 < int(asked[len("bytes=") : -1]) < 100_000


def test_slow_mirror_is_better_than_none(server, mirrors, folder, monkeypatch, nobody):
    monkeypatch.setattr(fetching, "PATIENCE", 0.1)
    monkeypatch.setattr(fetching, "SLOW", 1e12)
    server.pace = 0.0005
    mirrors(server.url, nobody)
    check_fetched(folder)
    assert len(server.requests) == 2


def test_single_slow_mirror_is_waited_for(server, mirrors, folder, monkeypatch):
    monkeypatch.setattr(fetching, "PATIENCE", 0.1)
    monkeypatch.setattr(fetching, "SLOW", 1e12)
    server.pace = 0.0005
    mirrors(server.url)
    check_fetched(folder)
    assert len(server.requests) == 1


def test_all_mirrors_fail(start_server, mirrors, folder, nobody):
    missing, wrong = start_server(None), start_server(b"something else")
    mirrors(nobody, missing.url, wrong.url)
    with pytest.raises(DataError) as error:
        fetch("cifar10", progress=False)
    message = str(error.value)
    assert f"{nobody.removeprefix('http://')}: [Errno" in message and "refused" in message
    assert f"{missing.host}: HTTP Error 404" in message
    assert f"{wrong.host}: the file that came has a wrong checksum" in message
    assert "course fetch cifar10" in message and "COURSE_MIRRORS" in message
    assert str(folder) in message
    assert list(folder.iterdir()) == []


def test_folder_that_cannot_be_made(server, mirrors, folder):
    mirrors(server.url)
    folder.write_text("a file where the folder should be")
    with pytest.raises(DataError, match="COURSE_DATA"):
        fetch("cifar10", progress=False)


# what there is to fetch


def test_addresses_and_checksums():
    for name in NAMES:
        wanted = download(name)
        assert all(url.endswith(f"/{wanted.path.name}") for url in wanted.urls)
    assert download("cifar10").urls[0] == CIFAR10.url
    assert len(download("cifar10").urls) > 1
    assert download("hotdog").checksum == "sha1:fba480ffa8aa7e0febbb511d181409f899b9baa5"
    assert download("resnet18").urls == (ResNet18_Weights.IMAGENET1K_V1.url,)
    assert download("resnet18").checksum == "sha256:f37072fd"


def test_unknown_name():
    with pytest.raises(DataError, match="expected: cifar10, hotdog, resnet18"):
        fetch("cifar100")


@pytest.mark.parametrize(
    "mirrors, urls",
    [
        ("https://a.org/x/", [f"https://a.org/x/{FILE}"]),
        ("https://a.org/x, http://b.org", [f"https://a.org/x/{FILE}", f"http://b.org/{FILE}"]),
        (f"https://a.org/{FILE} http://b.org", [f"https://a.org/{FILE}", f"http://b.org/{FILE}"]),
        ("https://a.org/hotdog.zip\nhttp://b.org", [f"http://b.org/{FILE}"]),
    ],
)
def test_mirrors_of_the_environment(monkeypatch, mirrors, urls):
    monkeypatch.setenv("COURSE_MIRRORS", mirrors)
    assert list(download("cifar10").urls) == urls


def test_mirrors_of_other_files_alone(monkeypatch):
    usual = download("cifar10").urls
    monkeypatch.setenv("COURSE_MIRRORS", "https://a.org/hotdog.zip")
    assert download("cifar10").urls == usual


def test_mirror_that_is_no_address(mirrors):
    mirrors("a.org")
    with pytest.raises(DataError, match="unknown url type"):
        fetch("cifar10", progress=False)


def test_mirror_on_a_shared_disk(tmp_path, mirrors, folder):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / FILE).write_bytes(CONTENT)
    mirrors((tmp_path / "mirror").as_uri())
    check_fetched(folder)


# from the network to where it is used


def test_cifar10_end_to_end(start_server, mirrors, monkeypatch):
    content = archive_bytes()
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(content).hexdigest())
    mirrors(start_server(content).url)
    fetch("cifar10", progress=False)
    for source in ("cifar10", "auto"):
        splits = load_data(source)
        assert splits.name == "CIFAR-10" and len(splits.train) == 90
        assert (splits.train.images[:, 0, 9, 9] == splits.train.labels).all()


def test_hot_dogs_end_to_end(server, mirrors, monkeypatch):
    from PIL import Image

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for i in range(16):
            image = io.BytesIO()
            Image.new("RGB", (20 + i, 30), (10 * i, 0, 0)).save(image, "PNG")
            part, label = ("train", "test")[i % 2], ("hotdog", "not-hotdog")[i // 2 % 2]
            archive.writestr(f"hotdog/{part}/{label}/{i}.png", image.getvalue())
    server.files["/hotdog.zip"] = file.getvalue()
    checksum = hashlib.sha1(file.getvalue()).hexdigest()
    usual = fetching._hotdog()
    monkeypatch.setattr(fetching, "_hotdog", lambda: (usual[0], f"sha1:{checksum}", usual[2]))
    mirrors(server.url)
    fetch("hotdog", progress=False)
    assert load_data("hotdog", size=16, val=2).classes == ("hotdog", "not-hotdog")


@pytest.fixture
def published(monkeypatch, server, mirrors):
    """Weights whose name carries their hash, as torchvision's does."""
    file = io.BytesIO()
    torch.save({"weight": torch.arange(3.0)}, file)
    content = file.getvalue()
    name = f"resnet18-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    enum = get_model_weights("resnet18")["IMAGENET1K_V1"]
    changed = type(enum.value)(url=f"https://nowhere.invalid/{name}", transforms=None, meta={})
    monkeypatch.setattr(enum, "_value_", changed)
    server.files[f"/{name}"] = content
    mirrors(server.url)
    return enum, name


def test_weights_go_where_torchvision_looks(published, tmp_path):
    enum, name = published
    path = fetch("resnet18", progress=False)
    assert path == tmp_path / "torch/hub/checkpoints" / name
    state = enum.get_state_dict(progress=False, check_hash=True)  # would fail at nowhere.invalid
    assert state["weight"].tolist() == [0, 1, 2]


def test_weights_with_a_wrong_hash(published, server, tmp_path):
    server.files[f"/{published[1]}"] += b"x"
    with pytest.raises(DataError, match="wrong checksum"):
        fetch("resnet18", progress=False)
    assert list((tmp_path / "torch/hub/checkpoints").iterdir()) == []

"""Where weights lie: on this machine, on a host that answers, or out of reach; never a hang or a traceback."""

from urllib.error import URLError

import pytest

from course_utils import downloads
from course_utils.errors import DownloadError, WeightsError
from course_utils.zoo import entries, hub

RESNET, DEIT, MOCO, LENET = map(entries.find, ("ResNet-18", "DeiT-Ti", "MoCo v3 ViT-S", "LeNet-5"))


@pytest.fixture(autouse=True)
def no_weights_and_no_network(tmp_path, monkeypatch, mirrors):
    """Empty caches; whoever asks a host other than this machine fails the test."""
    from huggingface_hub import constants

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    for variable in ("HF_ENDPOINT", "HF_HUB_OFFLINE", "COURSE_MIRRORS"):
        monkeypatch.delenv(variable, raising=False)
    for module in (hub, downloads):

        def only_here(request, timeout, ask=module.urlopen):
            assert "127.0.0.1" in request.full_url and timeout <= 10
            return ask(request, timeout=timeout)

        monkeypatch.setattr(module, "urlopen", only_here)


MOCO_FILE = "/vit-s-300ep.pth.tar"


@pytest.fixture
def host(start_server):
    """A server that has DeiT-Ti's file, and MoCo v3's."""
    return start_server(
        {
            "/timm/deit_tiny_patch16_224.fb_in1k/resolve/main/model.safetensors": b"weights",
            MOCO_FILE: b"weights",
        }
    )


def test_addresses(monkeypatch):
    assert hub.address(RESNET) == "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    assert hub.address(MOCO) == "https://dl.fbaipublicfiles.com/moco-v3/vit-s-300ep/vit-s-300ep.pth.tar"
    assert hub.address(LENET) == ""
    path = "timm/deit_tiny_patch16_224.fb_in1k/resolve/main/model.safetensors"
    assert hub.address(DEIT) == f"https://huggingface.co/{path}"
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert hub.address(DEIT) == f"https://mirror.example/{path}"


def test_every_entry_with_a_tag_has_an_address():
    for entry in entries.ENTRIES:
        assert hub.address(entry).startswith("https://") == bool(entry.tag), entry.name


def test_a_file_in_torchs_cache_is_found_without_asking_anyone(tmp_path):
    assert hub.cached_file(RESNET) is None
    with pytest.raises(WeightsError, match="ResNet-18 are not on this machine"):
        hub.local_file(RESNET)
    file = tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    file.parent.mkdir(parents=True)
    file.touch()
    assert hub.cached_file(RESNET) == hub.local_file(RESNET) == hub.download(RESNET) == file
    assert hub.availability(RESNET).yes and file.name in hub.availability(RESNET).sentence


def test_a_host_is_asked_for_the_head_alone(host, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", host.url)
    state = hub.availability(DEIT)
    assert state.yes and "can be downloaded from 127.0.0.1" in state.sentence
    assert len(host.heads) == 1 and host.requests == []


def test_a_host_that_does_not_have_it(host, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", host.url)
    state = hub.availability(entries.find("DeiT-S"))
    assert not state.yes and "does not give it" in state.sentence and "Not Found" in state.sentence


def test_a_host_out_of_reach_is_a_sentence(monkeypatch):
    def unreachable(*_, **__):
        raise URLError("Name or service not known")

    monkeypatch.setattr(hub, "urlopen", unreachable)
    state = hub.availability(MOCO)
    assert state == hub.Availability(
        False,
        "MoCo v3 ViT-S: dl.fbaipublicfiles.com does not give it (Name or service not known).",
        "try again where there is a network",
    )
    with pytest.raises(WeightsError, match="Name or service not known"):
        hub.download(MOCO)


def test_offline_mode_asks_nobody(host, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", host.url)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    state = hub.availability(DEIT)
    assert not state.yes and "HF_HUB_OFFLINE" in state.sentence and host.heads == []


def test_what_nobody_publishes():
    assert hub.availability(LENET).remedy == "train it from scratch"
    with pytest.raises(WeightsError, match="no published weights.*\\n.*train it from scratch"):
        hub.download(LENET)
    with pytest.raises(WeightsError, match="nobody publishes"):
        hub.local_file(LENET)


def test_download_puts_the_file_where_it_is_looked_for(host, mirrors):
    mirrors(host.url)
    file = hub.download(MOCO, progress=False)
    assert file.read_bytes() == b"weights" and hub.cached_file(MOCO) == file
    assert hub.download(MOCO) == file
    assert (host.heads, host.requests) == ([MOCO_FILE], [(MOCO_FILE, None)])


def test_a_mirror_that_lacks_it_is_passed_over_and_a_broken_download_goes_on(
    host, start_server, mirrors, nobody
):
    mirrors(nobody, start_server().url, host.url)
    assert "can be downloaded from 127.0.0.1" in hub.availability(MOCO).sentence
    host.cut = [3]
    assert hub.download(MOCO, progress=False).read_bytes() == b"weights"
    assert host.requests == [(MOCO_FILE, None), (MOCO_FILE, "bytes=3-")]


def test_mirrors_that_all_lack_it_are_named(start_server, mirrors, nobody):
    empty = start_server()
    mirrors(nobody, empty.url)
    sentence = hub.availability(MOCO).sentence
    assert "refused" in sentence and f"{empty.host} does not give it (Not Found)" in sentence


def test_a_file_with_another_hash_than_its_name_says_is_not_kept(host, monkeypatch):
    host.files["/resnet18-f37072fd.pth"] = b"weights"
    monkeypatch.setattr(hub, "address", lambda entry: f"{host.url}/resnet18-f37072fd.pth")
    with pytest.raises(
        DownloadError, match=r"resnet18-f37072fd.pth could not be downloaded.\n.*wrong checksum"
    ):
        hub.download(RESNET, progress=False)
    assert hub.cached_file(RESNET) is None
    weights_sha256 = "9a129038"  # of b"weights"
    host.files[f"/resnet18-{weights_sha256}.pth"] = b"weights"
    monkeypatch.setattr(hub, "address", lambda entry: f"{host.url}/resnet18-{weights_sha256}.pth")
    assert hub.download(RESNET, progress=False).read_bytes() == b"weights"

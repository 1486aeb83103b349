"""MoCo v3's checkpoints: a file with the official names is read into the matching backbone."""

import pytest
import torch

from course_utils.errors import WeightsError
from course_utils.models.heads import find_head
from course_utils.zoo import building, mocov3

# The optimizer's state and the second encoder, as the official main_moco.py saves them.
OTHERS = {"epoch": 300, "arch": "vit_small", "optimizer": {"state": {}, "param_groups": []}}


def save_official(model: torch.nn.Module, file, head: str) -> dict[str, torch.Tensor]:
    """Write ``model`` as main_moco.py does: a projector for the head, a second encoder, a predictor."""
    own = {id(t) for t in find_head(model).state_dict(keep_vars=True).values()}
    tensors = model.state_dict(keep_vars=True).items()
    backbone = {
        name: torch.randn_like(t) if t.is_floating_point() else t.clone() + 3
        for name, t in tensors
        if id(t) not in own
    }
    state = {f"module.base_encoder.{name}": t for name, t in backbone.items()}
    state |= {f"module.momentum_encoder.{name}": t + 1 for name, t in backbone.items()}
    state |= {
        f"module.base_encoder.{head}.0.weight": torch.randn(4, 4),
        "module.predictor.0.weight": torch.randn(4, 4),
    }
    torch.save({**OTHERS, "state_dict": state}, file)
    return backbone


def tiny(**shape) -> torch.nn.Module:
    return mocov3.backbone("vit_tiny_patch16_224", 10, depth=2, **shape)


def test_the_resnet_receives_every_tensor_of_the_base_encoder(tmp_path):
    model = mocov3.backbone("resnet50", 10)
    head = model.fc.weight.detach().clone()
    saved = save_official(model, tmp_path / "r-50.pth.tar", "fc")
    mocov3.load_into(model, tmp_path / "r-50.pth.tar")
    own = model.state_dict()
    assert set(own) - set(saved) == {"fc.weight", "fc.bias"} and torch.equal(own["fc.weight"], head)
    assert all(torch.equal(own[name], tensor) for name, tensor in saved.items())


def test_a_transformer_of_the_same_shape_and_one_of_smaller_patches(tmp_path):
    file = tmp_path / "vit.pth.tar"
    saved = save_official(tiny(), file, "head")
    for model in (tiny(), tiny(img_size=32, patch_size=4)):
        positions = model.pos_embed.detach().clone()
        mocov3.load_into(model, file)
        own = model.state_dict()
        assert all(torch.equal(own[n], saved[n]) for n in saved if n.startswith(("blocks", "norm", "cls")))
        assert torch.equal(own["pos_embed"], positions)
        same = torch.equal(own["patch_embed.proj.weight"], saved["patch_embed.proj.weight"])
        assert same == (model.patch_embed.patch_size == (16, 16))
        assert model(torch.zeros(1, 3, *model.patch_embed.img_size)).shape == (1, 10)


def test_twelve_heads_and_positions_that_do_not_train():
    model = tiny()
    assert {block.attn.num_heads for block in model.blocks} == {12}
    assert not model.pos_embed.requires_grad and model.cls_token.requires_grad


def test_positions_are_those_of_the_official_formula():
    rows, dim = 3, 16
    across, down = torch.meshgrid(torch.arange(3.0), torch.arange(3.0), indexing="ij")
    omega = 1.0 / 10_000.0 ** (torch.arange(dim // 4, dtype=torch.float32) / (dim // 4))
    w, h = (grid.flatten()[:, None] * omega[None] for grid in (across, down))
    expected = torch.cat([torch.sin(w), torch.cos(w), torch.sin(h), torch.cos(h)], dim=1)
    got = mocov3.position_embedding(rows, 3, dim)
    assert got.shape == (1, 10, dim) and not got[0, 0].any()
    torch.testing.assert_close(got[0, 1:], expected)


def test_from_the_place_where_downloads_lie(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    saved = save_official(
        mocov3.backbone("vit_small_patch16_224", 10), folder / "vit-s-300ep.pth.tar", "head"
    )
    model = building.build("MoCo v3 ViT-S", pretrained=True)
    assert torch.equal(model.blocks[11].mlp.fc2.weight, saved["blocks.11.mlp.fc2.weight"])
    assert model.patch_embed.patch_size == (4, 4)


@pytest.mark.parametrize(
    "content, said",
    [
        ({"state_dict": {"module.encoder_q.conv1.weight": torch.zeros(1)}}, "holds no MoCo v3 encoder"),
        ({"model": {}}, "cannot be read as a MoCo v3 checkpoint"),
        (
            {"state_dict": {"module.base_encoder.conv1.weight": torch.zeros(2, 3)}},
            "does not fit this backbone",
        ),
    ],
)
def test_other_files_are_refused_in_a_sentence(tmp_path, content, said):
    torch.save(content, tmp_path / "other.pth")
    model = tiny()
    before = {name: t.clone() for name, t in model.state_dict().items()}
    with pytest.raises(WeightsError, match=f"other.pth {said}"):
        mocov3.load_into(model, tmp_path / "other.pth")
    assert all(torch.equal(t, before[name]) for name, t in model.state_dict().items())


def test_a_checkpoint_of_another_width_names_the_tensor(tmp_path):
    save_official(tiny(), tmp_path / "vit.pth.tar", "head")
    wider = mocov3.backbone("vit_small_patch16_224", 10, depth=2)
    with pytest.raises(WeightsError, match="does not fit") as caught:
        mocov3.load_into(wider, tmp_path / "vit.pth.tar")
    assert "[1, 1, 192]" in str(caught.value) or "192" in str(caught.value)

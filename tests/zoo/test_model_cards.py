"""Model cards: what is published about the weights, and no number without its source."""

import pytest
from torchvision.models import ResNet50_Weights

from course_utils.models.weights import IMAGENET_MEAN, IMAGENET_STD
from course_utils.zoo import entries
from course_utils.zoo.published import (
    FROM_PAPERS,
    ONE_CROP,
    PROBE,
    Card,
    card,
    torchvision_accuracies,
)


def of(name: str) -> Card:
    return card(entries.find(name))


@pytest.mark.parametrize("entry", entries.ENTRIES, ids=lambda entry: entry.name)
def test_every_card_is_complete(entry):
    found = card(entry)
    assert len(found.mean) == len(found.std) == 3 and found.size == entry.size and found.licence
    assert (found.top1 is None) == (found.source == "") == (found.conditions == "")
    assert found.top1 is None or 0.5 < found.top1 < (found.top5 or 1)


def test_numbers_are_torchvisions_and_belong_to_the_tag():
    published = ResNet50_Weights.IMAGENET1K_V2.meta["_metrics"]["ImageNet-1K"]
    found = of("ResNet-50")
    assert found.top1 == published["acc@1"] / 100 and found.top5 == published["acc@5"] / 100
    assert found.conditions == ONE_CROP and "ResNet50_Weights.IMAGENET1K_V2" in found.source


def test_each_set_of_weights_has_its_own_normalisation():
    assert (of("ResNet-18").mean, of("ResNet-18").std) == (IMAGENET_MEAN, IMAGENET_STD)
    assert of("SigLIP 2 ViT-B/16").mean == of("MobileNet v1").mean == (0.5, 0.5, 0.5)
    assert of("CLIP ViT-B/16").mean == pytest.approx((0.4815, 0.4578, 0.4082), abs=1e-4)


def test_licences_and_what_they_allow():
    allowed = {name: of(name).commercial for name in entries.NAMES}
    assert {name for name, yes in allowed.items() if yes is False} == {
        "MoCo v3 R-50",
        "MoCo v3 ViT-S",
        "MoCo v3 ViT-B",
        "MAE ViT-B",
    }
    assert allowed["DeiT-S"] and allowed["CLIP ViT-B/16"] and allowed["Swin-B (22k)"]
    assert allowed["DINOv3 ViT-S"] is None and allowed["ResNet-18"] is None


def test_clips_card_excludes_what_its_licence_allows():
    assert {name for name in entries.NAMES if of(name).excludes} == {"CLIP ViT-B/16"}
    assert of("CLIP ViT-B/16").excludes == "any deployed use, sold or not"


def test_a_probe_is_told_from_a_trained_classifier():
    assert set(FROM_PAPERS) <= set(entries.NAMES)
    assert of("MoCo v3 ViT-B").conditions == PROBE and of("DeiT-B").conditions == ONE_CROP


def test_torchvision_accuracies_cover_both_recipes():
    found = torchvision_accuracies()
    assert found["resnet50 IMAGENET1K_V1"] == pytest.approx((0.76130, 0.92862))
    assert found["resnet50 IMAGENET1K_V2"][0] > found["resnet50 IMAGENET1K_V1"][0] + 0.04
    assert all(0 < top1 < top5 <= 1 for top1, top5 in found.values())

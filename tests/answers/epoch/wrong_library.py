# fails: epoch-1 epoch-2
import torch

from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet
from course_utils.training.loop import Stepper, train_epoch
from course_utils.training.recipe import Phase, Recipe


def train_one_epoch(model, batches, optimizer):
    x, y = (torch.cat(parts) for parts in zip(*batches))
    pixels = torch.zeros(len(y), 3, 4, 4, dtype=torch.uint8)
    images = ImageSet(pixels, y, ("a", "b", "c"), "batches")
    recipe = Recipe((Phase(1, lr=0.1),))
    stepper = Stepper(model, recipe.phases[0], recipe)
    preprocess = Preprocess((0.5,) * 3, (0.5,) * 3)
    losses, loss, accuracy = train_epoch(
        model, images, recipe, preprocess, stepper, torch.Generator()
    )
    return loss, accuracy

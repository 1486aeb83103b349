# fails: clean_data-1 clean_data-2
from functools import partial

from course_utils.data import inspection
from course_utils.data.images import ImageSet
from course_utils.data.inspection import find_duplicates
from course_utils.data.loading import CLASSES


def find_leaks(train_images, test_images):
    def as_set(images):
        return ImageSet(images, images.new_zeros(len(images)).long(), CLASSES, "images")

    pairs = find_duplicates(as_set(train_images), as_set(test_images))
    return sorted({j for _, j in pairs})


channel_statistics = partial(inspection.channel_statistics)

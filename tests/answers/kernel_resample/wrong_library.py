# fails: kernel_resample-1 kernel_resample-2
def crop_kernel(weight, size):
    from course_utils.models import stems

    return stems.centre_crop(weight, size)


def resample_kernel(weight, size):
    from course_utils.models.stems import resample

    return resample(weight, size)

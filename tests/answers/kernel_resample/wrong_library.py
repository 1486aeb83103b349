# fails: kernel_resample-1 kernel_resample-2
def crop_kernel(weight, size):
    from course_utils.models import alexnet

    return alexnet.centre_crop(weight, size)


def resample_kernel(weight, size):
    from course_utils.models.alexnet import resample

    return resample(weight, size)

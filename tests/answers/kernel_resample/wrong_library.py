# fails: kernel_resample-1 kernel_resample-2
def crop_kernel(weight, size):
    from course_utils import kernels

    return kernels.centre_crop(weight, size)


def resample_kernel(weight, size):
    from course_utils.kernels import resample

    return resample(weight, size)

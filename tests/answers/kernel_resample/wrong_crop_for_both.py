# fails: kernel_resample-2


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()


def resample_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()

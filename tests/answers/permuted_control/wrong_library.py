# fails: permuted_control-1 permuted_control-2
import copy

import torch


from course_utils.analysis.controls import permuted_copy


def permuted_control(model, generator):
    return permuted_copy(model, generator.initial_seed())

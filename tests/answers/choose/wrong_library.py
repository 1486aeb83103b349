# fails: choose-1 choose-2
from course_utils.training.history import History


def choose_checkpoint(epochs):
    return History(records=epochs).best_epoch

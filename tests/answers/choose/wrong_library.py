# fails: choose-1 choose-2
from course_utils.train import History


def choose_checkpoint(epochs):
    return History(epochs=epochs).best_epoch

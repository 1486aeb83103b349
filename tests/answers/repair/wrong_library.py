# fails: repair-1 repair-2 repair-3
from course_utils.analysis import fine_tune_with


def fine_tune(model, train, val, test, constants, epochs):
    return fine_tune_with(model, train, val, test, constants, epochs)

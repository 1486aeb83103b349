# fails: label_worth-1 label_worth-2
import math


from course_utils.analysis import arms as library


def labels_needed(curve, accuracy):
    return library.labels_needed(curve, accuracy)


def label_worth(better, plain, n):
    return library.worth(better, plain, n)

# fails: mcnemar-1 mcnemar-2
def mcnemar(first, second, labels):
    from course_utils.analysis.paired import compare_pair

    pair = compare_pair(first, second, labels)
    return pair.only_first, pair.only_second, pair.p_exact

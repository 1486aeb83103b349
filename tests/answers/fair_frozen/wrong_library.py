# fails: fair_frozen-1 fair_frozen-2
def trainable_fractions(model, classifier, last):
    from course_utils.models.freezing import count_parameters

    total = count_parameters(model)
    return count_parameters(classifier) / total, count_parameters(last) / total

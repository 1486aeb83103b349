# fails: temperature-1 temperature-2
def find_temperature(logits, labels):
    from course_utils.analysis.calibration import fit_temperature

    return fit_temperature(logits, labels)

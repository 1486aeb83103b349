# fails: temperature-1 temperature-2
def find_temperature(logits, labels):
    from course_utils.calibration import fit_temperature

    return fit_temperature(logits, labels)

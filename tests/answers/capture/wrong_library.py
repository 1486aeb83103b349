# fails: capture-1 capture-2
from course_utils.analysis.residual import capture


def capture_residuals(model, images):
    return {name: (record.x, record.residual) for name, record in capture(model, images).items()}

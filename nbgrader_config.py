"""How nbgrader releases and grades this course; `course doctor` tells whether it was loaded."""

from course_utils.grading.gradebook import offline

c = get_config()  # noqa: F821, given by nbgrader

# `course build` makes both from solutions/*.py.
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"

# What stands in the place of a solution.
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("replace this line by your answer")'}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"

# At budget `grade` a cell takes seconds; the first one imports torch, perhaps from a cold disk.
c.Execute.timeout = 60
c.Execute.startup_timeout = 120
c.ExecutePreprocessor.shutdown_kernel = "immediate"  # 0.1 s instead of 0.9 s for each submission

# Without this, a student who tags a graded cell `skip-execution` gets its points.
c.Execute.skip_cells_with_tag = "__never__"

# A warning or a progress bar is no wrong answer; nbgrader gives 0 points for anything on stderr.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s)."

# Formgrader's pages load nothing from another host.
c.HTMLExporter.template_file = str(offline.TEMPLATE)
c.HTMLExporter.filters = {"without_foreign_scripts": offline.without_foreign_scripts}

# What `course feedback` lets through of texts: the answers of students, the comments of persons.
c.SanitizeHTML.enabled = True
c.SanitizeHTML.sanitized_output_types = {"text/markdown"}
c.SanitizeHTML.tags = """
    a abbr acronym b blockquote br code details div em h1 h2 h3 h4 h5 h6 hr i img li ol p pre s span
    strong sub summary sup table tbody td th thead tr ul
""".split()
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
    # Nothing of a submission may run in the instructor's browser. Last, when the scores are saved.
    "course_utils.grading.inert.Inert",
]

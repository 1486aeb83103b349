"""Grading a whole class: many submissions, each in a sandbox, into nbgrader's own gradebook."""

"""Grading a whole class: many submissions, each in a sandbox, into nbgrader's own gradebook."""

import sys

# A grammar that takes jsonschema a second to import in each process, for addresses that no notebook has.
sys.modules.setdefault("rfc3987_syntax", None)

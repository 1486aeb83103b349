"""What does not trust the student's process: values compared outside it, a look for tampering in it."""

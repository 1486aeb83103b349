"""What does not trust the student's process: values compared outside of it, and a look for tampering in it."""

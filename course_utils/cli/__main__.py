"""The `course` command where its program is not on the path: `python -m course_utils.cli`."""

from course_utils.cli import main

if __name__ == "__main__":
    main()

"""What is known of a graded submission, and where it is written: results, gradebook, report, feedback, export."""

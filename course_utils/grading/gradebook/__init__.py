"""What is known of a graded submission and where it goes: results, gradebook, report, feedback, export."""

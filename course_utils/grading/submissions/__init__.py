"""What students handed in: archives, rosters, folders and notebooks, read with care and repaired."""

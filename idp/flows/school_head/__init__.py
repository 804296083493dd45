"""What a school head sees and does: families, pupils, letters, the school's own files, how many families are in."""

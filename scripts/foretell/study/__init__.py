"""What a study asks for: its configuration, read strictly, and the jobs that follow from it."""

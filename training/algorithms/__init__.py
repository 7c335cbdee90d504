"""The learners: one file each, readable from top to bottom."""

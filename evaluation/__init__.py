"""Batch evaluation of rewriters."""

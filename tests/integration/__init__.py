"""Whole stacks: real servers, real processes."""

"""Intake's part of the command `tiepsuc`."""

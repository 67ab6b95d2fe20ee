"""What intake tells, a module for each topic."""

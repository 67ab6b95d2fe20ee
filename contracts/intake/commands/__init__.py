"""What intake can be asked to do, a module for each topic."""

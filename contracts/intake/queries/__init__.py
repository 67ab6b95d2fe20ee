"""What intake can be asked, a module for each topic."""

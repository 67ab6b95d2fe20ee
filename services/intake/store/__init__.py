"""All SQL of intake, a module for each group of tables."""

"""The published language: samples, schemas, what may change, and that it installs alone."""

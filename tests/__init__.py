"""Tests of Tiếp Sức."""

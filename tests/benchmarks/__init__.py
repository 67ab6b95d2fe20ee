"""Benchmarks: rates as ratios to a floor measured in the same run, since machines are noisy. Nothing is asserted."""

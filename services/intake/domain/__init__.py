"""The rules of intake, pure: each module decides from values."""

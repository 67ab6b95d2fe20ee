"""Messages that every service answers alike: its log, its dead letters, its figures for `verify`."""

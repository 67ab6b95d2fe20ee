"""What a citizen holds in hand: forms as PDF. Pure: the same values give the same bytes."""

"""What makes a roster good, and why it is as it is: rules over values."""

"""The containers as an operator starts them: `make compose-test`."""

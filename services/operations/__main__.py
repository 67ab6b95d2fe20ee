"""`python -m services.operations` is `tiepsuc`."""

from services.operations.cli import main

main()

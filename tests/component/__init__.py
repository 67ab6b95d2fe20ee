"""Parts of the system on their own, with whatever they truly stand on."""

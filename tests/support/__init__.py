"""What tests share: homes, stacks, and looks into their databases."""

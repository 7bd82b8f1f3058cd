"""What the program does: fit, generate, chat, evaluate, compare, continual, export, card."""

"""What a user can name: regex, words, length, number, prose, grammar and so on."""

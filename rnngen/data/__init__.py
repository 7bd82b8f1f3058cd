"""From what the user named to batches: sources, corpora, store, lanes, documents."""

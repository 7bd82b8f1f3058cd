"""Trackers: where metrics go in addition to `metrics.jsonl`, one file each."""

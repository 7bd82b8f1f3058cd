"""Bytes on disk, safely: atomic writes, commits, verification, JSON, safetensors."""

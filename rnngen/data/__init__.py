"""Encoded data: stores that stay on disk, batches by address, and the way from files to both."""

from rnngen.data.batches import Batch, Batches, choose
from rnngen.data.documents import Documents
from rnngen.data.evaluation import evaluation
from rnngen.data.lanes import Lanes
from rnngen.data.prepare import Dataset, Summary, prepare, reopen
from rnngen.data.store import Store, StoreWriter

__all__ = [
    "Batch",
    "Batches",
    "Dataset",
    "Documents",
    "Lanes",
    "Store",
    "StoreWriter",
    "Summary",
    "choose",
    "evaluation",
    "prepare",
    "reopen",
]

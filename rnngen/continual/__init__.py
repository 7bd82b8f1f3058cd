"""The verb `continual`: which strategy forgets least, on your own row of tasks.

from rnngen.continual import continual

result = continual(["a.txt", "b.txt"], compare="ewc,replay", cell="gru", seeds=3, run="runs/cl")
result.document("finished")["methods"]["replay"]["summary"]["gap_recovered"]
"""

from rnngen.continual.result import Comparison
from rnngen.continual.verb import continual

__all__ = ["Comparison", "continual"]

"""The verb `continual`: which strategy forgets least, on your own row of tasks.

from rnngen.verbs.continual.verb import continual

result = continual(["a.txt", "b.txt"], compare="ewc,replay", cell="gru", seeds=3, run="runs/cl")
result.document("finished")["methods"]["replay"]["summary"]["gap_recovered"]
"""

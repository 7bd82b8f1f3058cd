"""A plugin whose dependency is broken, the way a mismatched build is."""

raise RuntimeError("operator torchvision::nms does not exist")

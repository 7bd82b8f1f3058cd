"""A plugin for a later version of rnngen; it must not be imported by this one."""

raise AssertionError("imported although its metadata says that it does not fit")

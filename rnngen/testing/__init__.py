"""Tests of the contracts, for the authors of components and plugins.

    import pytest
    from rnngen.testing.plugins import plugin_checks

    @pytest.mark.parametrize("check", plugin_checks("peephole"), ids=str)
    def test_plugin(check):
        check()

Every check has a name, says what is wrong, and can be left out by name and with a reason; none is
ever skipped silently.
"""

"""Contract tests for your own component: `check_cell`, `check_domain` and the like.

    import pytest
    from rnngen.testing.plugins import plugin_checks

    @pytest.mark.parametrize("check", plugin_checks("peephole"), ids=str)
    def test_plugin(check):
        check()

Every check has a name, says what is wrong, and can be left out by name and with a reason; none is
ever skipped silently.
"""

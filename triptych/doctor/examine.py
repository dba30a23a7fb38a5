"""All checks, one after the other."""

from triptych.doctor import checks_machine, checks_running, checks_settings
from triptych.doctor.finding import Finding
from triptych.doctor.world import World

CHECKS = (*checks_settings.CHECKS, *checks_machine.CHECKS, *checks_running.CHECKS)


def examined(world: World) -> list[Finding]:
    """Return what is to be mended in *world*, the worst first."""
    found = [finding for check in CHECKS for finding in check(world)]
    return sorted(found, key=lambda each: -each.severity)

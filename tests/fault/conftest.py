"""What every fault run begins with: a deliberate bug, if `MUTANT` names one."""

from tests.fault.mutants import plant_from_environment

PLANTED = plant_from_environment()

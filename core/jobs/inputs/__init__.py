"""Takes in the files that a job starts from, and turns them into what travels to the provider."""

from core.jobs.inputs.service import JobInputs, Served
from core.jobs.inputs.upload_limits import CAPS, Caps

__all__ = ["CAPS", "Caps", "JobInputs", "Served"]

"""The client of Errand: submit jobs, follow them, and run them.

`Client` and `AsyncClient` submit and follow; `Worker` and `AsyncWorker` run jobs with handlers. All of them log to
`logging.getLogger("errand")`.
"""

from .address import VERSION as __version__
from .async_client import AsyncClient
from .client import Client
from .exchange import Unreachable
from .job import Failure, Job
from .problem import Problem, ProblemPart
from .result_file import ResultFile
from .worker import (
    AsyncRunningJob,
    AsyncWorker,
    Fatal,
    JobCancelled,
    JobError,
    RetryLater,
    RunningJob,
    Worker,
)

__all__ = [
    "AsyncClient",
    "AsyncRunningJob",
    "AsyncWorker",
    "Client",
    "Failure",
    "Fatal",
    "Job",
    "JobCancelled",
    "JobError",
    "Problem",
    "ProblemPart",
    "ResultFile",
    "RetryLater",
    "RunningJob",
    "Unreachable",
    "Worker",
    "__version__",
]

"""Workers: programs that claim jobs, run them and say how they ended."""

from .async_worker import AsyncWorker
from .errors import Fatal, JobCancelled, JobError, RetryLater
from .running_job import AsyncRunningJob, RunningJob
from .worker import Worker

__all__ = ["AsyncRunningJob", "AsyncWorker", "Fatal", "JobCancelled", "JobError", "RetryLater", "RunningJob", "Worker"]

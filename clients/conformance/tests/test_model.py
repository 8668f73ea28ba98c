"""The storm's model allows what may happen, and nothing else."""

import unittest

from oracle.model import JobModel


class ModelTests(unittest.TestCase):
    def setUp(self):
        self.broken = []
        self.job = JobModel("a", self.broken)

    def recognises(self, word):
        self.assertEqual([word in sentence for sentence, _ in self.broken], [True], self.broken)

    def test_a_life_with_a_cancel_and_a_retry_is_good(self):
        self.job.saw("Queued", 1)
        self.job.saw("Running", 2)
        self.job.cancelled(200, None)
        self.job.saw("Cancelled", 3)
        self.job.retried(200, None)
        self.job.saw("Completed", 6)
        self.job.cancelled(409, "Completed")
        self.job.retried(409, "Completed")
        self.job.drained()
        self.assertEqual(self.broken, [])

    def test_an_end_that_changes_is_recognised(self):
        self.job.saw("Completed", 3)
        self.job.saw("Running", 4)
        self.recognises("I5")

    def test_a_cancel_that_a_worker_overwrites_is_recognised(self):
        self.job.cancelled(200, None)
        self.job.saw("Completed", 4)
        self.recognises("I5")

    def test_a_revision_that_goes_back_is_recognised(self):
        self.job.saw("Running", 4)
        self.job.saw("Running", 3)
        self.recognises("I6")

    def test_a_change_without_a_revision_is_recognised(self):
        self.job.saw("Running", 4)
        self.job.saw("Completed", 4)
        self.recognises("I6")

    def test_a_retry_of_what_was_completed_is_recognised(self):
        self.job.saw("Completed", 4)
        self.job.retried(200, None)
        self.recognises("I5")

    def test_a_refused_cancel_of_what_runs_is_recognised(self):
        self.job.cancelled(409, "Running")
        self.recognises("I5")

    def test_a_refused_retry_of_what_failed_is_recognised(self):
        self.job.saw("Failed", 4)
        self.job.retried(409, "Failed")
        self.recognises("I5")

    def test_a_job_that_never_ends_is_recognised(self):
        self.job.saw("Running", 4)
        self.job.drained()
        self.recognises("I1")


if __name__ == "__main__":
    unittest.main()

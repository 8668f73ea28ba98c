from errand import RunningJob, Worker

worker = Worker("http://127.0.0.1:8080")

@worker.job("resize")
def resize(job: RunningJob) -> dict[str, int]:
    job.progress(50, "Halving…")
    return {"width": job.payload["width"] // 2}

worker.run()

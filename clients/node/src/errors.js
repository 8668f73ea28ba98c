/** A handler's failure, with what the job's record should say about it. */
export class JobError extends Error {
  /**
   * @param {string} message For people.
   * @param {object} [options]
   * @param {string} [options.code] For programs: letters, digits, "_", "-" and ".".
   * @param {unknown} [options.details] Any JSON.
   * @param {number} [options.retryAfterMs] When to try again; without it the delay grows with the attempts.
   * @param {unknown} [options.cause]
   */
  constructor(message, { code, details, retryAfterMs, ...options } = {}) {
    super(message, options);
    this.name = "JobError";
    this.code = code;
    this.details = details;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A failure that another attempt would only repeat: the job fails at once, whatever attempts are left. */
export class Fatal extends JobError {
  constructor(message, options) {
    super(message, options);
    this.name = "Fatal";
  }
}

/** "Not now": the job is given back and runs again later. That is no failure, and costs no attempt. */
export class RetryLater extends Error {
  /** @param {number} ms In how many milliseconds. */
  constructor(ms) {
    if (!(Number.isFinite(ms) && ms >= 0)) throw new TypeError(`RetryLater takes milliseconds, not ${ms}.`);
    super(`The job wants to run again in ${ms} ms.`);
    this.name = "RetryLater";
    this.ms = ms;
  }
}

/** Why a job was stopped: the reason of `job.signal`, and what its calls throw from then on. */
export class Stopped extends Error {
  /** @param {"cancelled" | "lost" | "timeout" | "shutdown" | "ended"} why */
  constructor(why) {
    super(sentences[why]);
    this.name = "Stopped";
    this.why = why;
  }
}

const sentences = {
  cancelled: "The job was cancelled.",
  lost: "The lease of the job is over; another worker may have it.",
  timeout: "The job ran longer than it may.",
  shutdown: "The worker stops; the job is given back.",
  ended: "The run of the job has ended.",
};

/** The time of a `wait` was over before the job had ended. */
export class WaitTimeout extends Error {
  /** @param {object} job As it was seen last. */
  constructor(job) {
    super(`Job ${job.id} is still ${job.status}.`);
    this.name = "WaitTimeout";
    this.job = job;
  }
}

import { Checkpoints } from "./checkpoints.js";
import { cancelled, completed, failed, released, timedOut } from "./endings.js";
import { Fatal, RetryLater, Stopped } from "./errors.js";
import { JobCalls } from "./job-calls.js";
import { Job } from "./job.js";
import { Lease } from "./lease.js";
import { Logs } from "./logs.js";
import { isProblem, Problem } from "./problem.js";
import { Progress } from "./progress.js";
import { Uploads } from "./uploads.js";

/**
 * What all runs of a worker share.
 *
 * @typedef {object} Setting
 * @property {import("./connection.js").Connection} connection
 * @property {object} limits The session's.
 * @property {import("./clock.js").Clock} clock
 * @property {() => number} random
 * @property {import("./worker.js").Logger} logger
 */

/** For how many milliseconds the last report and log lines may hold up the end of a run. */
const longestFarewell = 2000;

/** One run of a job: from its claim to its end, or to the loss of its lease. */
export class Run {
  #handler;
  #setting;
  #deadlineIn;
  #controller = new AbortController();
  #calls;
  #progress;
  #logs;
  #uploads;
  #stopped;
  #settling;
  #concluding;
  #isCancelled = false;
  #hasStarted = false;
  #cancelDeadline = () => {};

  /**
   * @param {object} claimed The job as the claim was answered.
   * @param {number} sentAt When the claim was sent.
   * @param {(job: Job) => unknown} handler
   * @param {Setting} setting
   */
  constructor(claimed, sentAt, handler, setting) {
    this.#handler = handler;
    this.#setting = setting;
    this.#deadlineIn = claimed.deadlineIn;
    this.lease = new Lease(claimed.lease, sentAt, setting.clock);
    this.#calls = new JobCalls(claimed.id, this.lease, setting, () => this.cancel());
    this.#progress = new Progress(this.#calls, setting);
    this.#logs = new Logs(this.#calls, setting);
    this.#uploads = new Uploads(this.#calls, this.#controller.signal);
    this.job = new Job(claimed, {
      lease: this.lease,
      signal: this.#controller.signal,
      progress: this.#progress,
      logs: this.#logs,
      checkpoints: new Checkpoints(this.#calls, setting.limits.checkpointBytes),
      uploads: this.#uploads,
    });
    this.lease.over.addEventListener("abort", () => this.#leaseEnded());
  }

  /** A job may be claimed again while its lost run has not ended yet; the fence tells the two apart. */
  get key() {
    return keyOf(this.job.id, this.job.fence);
  }

  /** Whether a heartbeat should renew its lease. One that is over is let go, unless nothing was begun under it. */
  get wantsRenewal() {
    return this.lease.isHeld || (!this.#hasStarted && !this.lease.over.aborted);
  }

  /**
   * Runs the job and says how it ended.
   *
   * @returns {Promise<void>} Resolved when the handler has ended and nothing more will be sent; never rejected.
   */
  async start() {
    this.#hasStarted = true;
    this.lease.check();
    this.lease.watch();
    this.#watchDeadline();
    const ending = this.#stopped ? undefined : await this.#perform();
    this.#concluding = this.#conclude(ending);
    await this.#concluding;
    this.#cancelDeadline();
    this.#progress.close();
    this.#logs.close();
    this.lease.close();
  }

  /** The job was cancelled: the handler is told, and once it has ended, the server. */
  cancel() {
    this.#isCancelled = true;
    this.#calls.cancel();
    this.#stop("cancelled");
  }

  /** A heartbeat says that the lease is over. */
  lose() {
    // An end whose answer has not arrived may be why: the answer to that says more, if need be to its repetition.
    if (!this.#settling) this.lease.lose();
  }

  /** The worker stops: the handler is told, and once it has ended, the job is given back. */
  interrupt() {
    this.#stop("shutdown");
  }

  /** Lets the run end without its handler, where that has not ended: the job is given back. */
  async abandon() {
    if (this.#concluding) return this.#concluding;
    if (!this.#isCancelled) await this.#settle(released);
  }

  #leaseEnded() {
    if (this.lease.over.reason.why !== "lost") return;
    const { id, number } = this.job;
    this.#setting.logger.warn(`the lease of job #${number} is over; it is dropped`, { id });
    this.#stop("lost");
  }

  #stop(why) {
    this.#stopped ??= why;
    this.#controller.abort(new Stopped(why));
  }

  #watchDeadline() {
    if (this.#deadlineIn === undefined) return;
    const ms = this.#deadlineIn * 1000;
    // A little before the deadline, so that the handler can end in time.
    this.#cancelDeadline = this.#setting.clock.after(ms - Math.min(2000, ms / 5), () => this.#timeOut());
  }

  #timeOut() {
    // The server is told when the handler has ended: another attempt may begin as soon as it knows.
    this.#stop("timeout");
  }

  async #perform() {
    const { limits, logger } = this.#setting;
    const { id, number, type } = this.job;
    try {
      const value = await this.#handler(this.job);
      const isIgnored = value !== undefined && this.#uploads.latestId !== undefined && value?.uploadId === undefined;
      if (isIgnored) logger.warn(`job #${number} returned a value besides its file; the file is its result`, { id });
      return completed(value, this.#uploads.latestId, limits);
    } catch (error) {
      const isExpected = this.#stopped !== undefined || error instanceof RetryLater;
      // The stack stays here: it may tell strangers too much.
      if (!isExpected) logger.warn(`job #${number} (${type}) failed: ${error?.stack ?? error}`, { id });
      return failed(error, limits);
    }
  }

  /** The handler has ended: what it says counts only if nobody stopped it. */
  async #conclude(ending) {
    const given = this.#stopped ? released : ending;
    const isDone = await this.#settle(this.#stopped === "timeout" ? timedOut(this.#deadlineIn) : given);
    if (this.#isCancelled && !isDone) await this.#deliver(cancelled);
  }

  /** Says how the run ended; the first end that is said is the only one. */
  #settle(ending) {
    this.#settling ??= this.#say(ending);
    return this.#settling;
  }

  /** @returns {Promise<boolean>} Whether the server knows it. */
  async #say(ending) {
    const ms = Math.min(longestFarewell, this.lease.remaining / 2);
    await Promise.all([this.#progress.finish(ms), this.#logs.finish(ms)]);
    return this.#deliver(ending);
  }

  async #deliver(ending) {
    const { limits, logger } = this.#setting;
    const { id, number, type } = this.job;
    try {
      await this.#calls.untilOver("POST", ending.call, { json: ending.json });
      this.lease.close();
      logger.debug(`job #${number} (${type}): ${ending.call}`, { id });
      return true;
    } catch (error) {
      if (isRefusedResult(ending, error)) return this.#deliver(failed(refusedResult(error), limits));
      if (error instanceof Problem && !isProblem(error, "lease-lost")) {
        logger.error(`job #${number}: ${ending.call} was refused: ${error.message}`, { id, type: error.type });
      }
      return false;
    }
  }
}

/**
 * What tells two runs apart.
 *
 * @param {string} id
 * @param {number} fence
 */
export const keyOf = (id, fence) => `${id}/${fence}`;

/** Whether the server will never take this result, as it has text that cannot be stored, for example. */
function isRefusedResult(ending, error) {
  return ending.call === "complete" && error instanceof Problem && [400, 413, 422].includes(error.status);
}

function refusedResult(problem) {
  return new Fatal(`The server refused the result: ${problem.message}`, { code: "result_refused" });
}

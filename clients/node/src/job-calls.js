import { Backoff } from "./backoff.js";
import { sleep } from "./clock.js";
import { Stopped } from "./errors.js";
import { isProblem, isTransient } from "./problem.js";

/** For how many milliseconds an answer to a call about a job is waited for. */
const longestAnswer = 10_000;

/**
 * The calls about one job. None is sent without a lease that holds: that is looked at here, before every single
 * request, and nowhere else.
 */
export class JobCalls {
  #path;
  #lease;
  #setting;
  #onCancelled;
  #isCancelled = false;

  /**
   * @param {string} id The job.
   * @param {import("./lease.js").Lease} lease
   * @param {import("./run.js").Setting} setting
   * @param {() => void} onCancelled Called when an answer says that the job was cancelled.
   */
  constructor(id, lease, setting, onCancelled) {
    this.#path = `/api/worker/jobs/${id}`;
    this.#lease = lease;
    this.#setting = setting;
    this.#onCancelled = onCancelled;
  }

  /** From now on the server would refuse everything but `cancelled`. */
  cancel() {
    this.#isCancelled = true;
  }

  /**
   * Sends a request once.
   *
   * @param {string} method
   * @param {string} call The last part of the path.
   * @param {object} [request] As `Connection.send` takes it.
   * @returns {Promise<import("./connection.js").Answer>}
   */
  async once(method, call, request = {}) {
    this.#check(call);
    const lease = this.#lease;
    const timeout = request.timeout ?? Math.min(longestAnswer, lease.remaining);
    const headers = { ...request.headers, ...lease.headers };
    try {
      const path = `${this.#path}/${call}`;
      const answer = await this.#setting.connection.send(method, path, { ...request, timeout, headers });
      if (answer.body?.action === "cancel") this.#onCancelled();
      return answer;
    } catch (error) {
      if (isProblem(error, "lease-lost")) this.#refused(error);
      throw error;
    }
  }

  /**
   * Sends a request with the same body again and again, until it is answered or the lease is over.
   *
   * @param {string} method
   * @param {string} call
   * @param {object} [request]
   * @returns {Promise<import("./connection.js").Answer>}
   */
  untilOver(method, call, request) {
    return this.persist(() => this.once(method, call, request));
  }

  /**
   * Does what sends a request once again and again, until it is answered or the lease is over.
   *
   * @template Result
   * @param {() => Promise<Result>} attempt
   * @returns {Promise<Result>}
   */
  async persist(attempt) {
    const { clock, random } = this.#setting;
    const backoff = new Backoff({ first: 250, longest: 5000, random });
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!isTransient(error)) throw error;
        await sleep(clock, backoff.next(error.retryAfterMs), this.#lease.over);
      }
    }
  }

  #check(call) {
    this.#lease.check();
    this.#lease.over.throwIfAborted();
    if (this.#isCancelled && call !== "cancelled") throw new Stopped("cancelled");
  }

  /** A cancelled job refuses everything but `cancelled`, and that is owed once the handler has ended. */
  #refused(problem) {
    if (problem.currentStatus === "Cancelled" && !this.#isCancelled) this.#onCancelled();
    else this.#lease.lose();
  }
}

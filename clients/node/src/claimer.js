import { Backoff } from "./backoff.js";
import { sleep } from "./clock.js";
import { retryAfter } from "./problem.js";
import { Run } from "./run.js";

/** Empty answers that come at once, from a paused queue for example, must not become a loop without end. */
const shortestPause = 500;

/** Keeps the slots of a worker full. */
export class Claimer {
  #session;
  #runs;
  #mode;
  #heartbeat;
  #bell;
  #handlers;
  #slots;
  #setting;
  #backoff;

  /**
   * @param {object} parts
   * @param {import("./session.js").Session} parts.session
   * @param {import("./runs.js").Runs} parts.runs
   * @param {import("./mode.js").Mode} parts.mode
   * @param {import("./heartbeat.js").Heartbeat} parts.heartbeat
   * @param {import("./bell.js").Bell} parts.bell Rung when a slot may have become free, or the mode another.
   * @param {Map<string, Function>} parts.handlers By type.
   * @param {number} parts.slots
   * @param {import("./run.js").Setting} parts.setting
   */
  constructor({ session, runs, mode, heartbeat, bell, handlers, slots, setting }) {
    this.#session = session;
    this.#runs = runs;
    this.#mode = mode;
    this.#heartbeat = heartbeat;
    this.#bell = bell;
    this.#handlers = handlers;
    this.#slots = slots;
    this.#setting = setting;
    this.#backoff = new Backoff({ first: 500, longest: 15_000, random: setting.random });
  }

  /**
   * Claims and starts jobs until the worker is to stop.
   *
   * @param {AbortSignal} giveUp Ends even a claim that is under way. Until then it is awaited although the worker
   *   stops, and what it brings is given back; jobs of an answer that nobody reads come back with their lease's end.
   */
  async run(giveUp) {
    const { stopping } = this.#mode;
    while (!stopping.aborted) {
      await this.#bell.until(() => stopping.aborted || (this.#mode.mayClaim && this.#free > 0));
      if (!stopping.aborted) await this.#claim(giveUp);
    }
  }

  get #free() {
    return this.#slots - this.#runs.count;
  }

  /** A claim waits no longer than a heartbeat, as the leases it brings count from when it was sent. */
  get #waitSeconds() {
    return Math.max(1, Math.min(30, Math.round(this.#session.heartbeatMs / 1000)));
  }

  async #claim(giveUp) {
    const { clock, logger } = this.#setting;
    const { stopping } = this.#mode;
    const max = Math.min(this.#free, this.#session.maxClaim);
    try {
      const answer = await this.#session.claim({ max, waitSeconds: this.#waitSeconds }, giveUp);
      this.#backoff.reset();
      if (answer.body?.jobs?.length > 0) await this.#take(answer);
      else await sleep(clock, this.#pauseAfter(answer), stopping);
    } catch (error) {
      if (giveUp.aborted) return;
      logger.warn(`a claim failed: ${error.message}`);
      await sleep(clock, this.#backoff.next(error.retryAfterMs), stopping);
    }
  }

  /** How long to wait after an empty answer; usually it has waited itself. */
  #pauseAfter({ sentAt, headers }) {
    return retryAfter(headers) ?? Math.max(0, shortestPause - (this.#setting.clock.now() - sentAt));
  }

  async #take({ body, sentAt }) {
    const runs = body.jobs.map((claimed) => this.#welcome(claimed, sentAt));
    if (runs.some((run) => run.lease.isShort)) await this.#confirm();
    for (const run of runs) {
      if (this.#mode.stopping.aborted) run.interrupt();
      run.start().then(() => this.#runs.remove(run));
    }
  }

  #welcome(claimed, sentAt) {
    const run = new Run(claimed, sentAt, this.#handlers.get(claimed.type), this.#setting);
    this.#runs.add(run);
    return run;
  }

  /** Renews leases before anything is begun under them; those that cannot be renewed end by themselves. */
  async #confirm() {
    try {
      await this.#heartbeat.beat();
    } catch (error) {
      this.#setting.logger.warn(`new leases were not confirmed: ${error.message}`);
    }
  }
}

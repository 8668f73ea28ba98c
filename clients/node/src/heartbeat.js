import { Backoff } from "./backoff.js";
import { sleep } from "./clock.js";

/** Says that the worker lives, renews all its leases with one call, and hears what the server wants. */
export class Heartbeat {
  #session;
  #runs;
  #mode;
  #setting;

  /**
   * @param {object} parts
   * @param {import("./session.js").Session} parts.session
   * @param {import("./runs.js").Runs} parts.runs
   * @param {import("./mode.js").Mode} parts.mode
   * @param {import("./run.js").Setting} parts.setting
   */
  constructor({ session, runs, mode, setting }) {
    this.#session = session;
    this.#runs = runs;
    this.#mode = mode;
    this.#setting = setting;
  }

  /**
   * Beats until the signal is aborted.
   *
   * @param {AbortSignal} signal
   */
  async run(signal) {
    const { heartbeatMs } = this.#session;
    const { clock, random, logger } = this.#setting;
    const backoff = new Backoff({ first: heartbeatMs / 4, longest: heartbeatMs, random });
    while (!signal.aborted) {
      const nextAt = clock.now() + heartbeatMs;
      let pause;
      try {
        await this.beat(signal);
        backoff.reset();
        pause = Math.max(0, nextAt - clock.now());
      } catch (error) {
        if (signal.aborted) return;
        pause = backoff.next(error.retryAfterMs);
        logger.warn(`a heartbeat failed: ${error.message}`);
      }
      await sleep(clock, pause, signal);
    }
  }

  /**
   * Beats once.
   *
   * @param {AbortSignal} [signal] Gives it up.
   * @returns {Promise<void>}
   * @throws When there was no answer, or a refusal.
   */
  async beat(signal) {
    const wanting = [...this.#runs].filter((run) => run.wantsRenewal);
    const beat = {
      state: this.#mode.state,
      rssBytes: process.memoryUsage.rss(),
      jobs: wanting.map((run) => run.lease.renewalOf(run.job.id)),
    };
    const { body, sentAt } = await this.#session.heartbeat(beat, signal);
    for (const entry of body.jobs ?? []) this.#take(entry, sentAt);
    this.#mode.obey(body.state);
  }

  #take(entry, sentAt) {
    const run = this.#runs.find(entry);
    // It may have ended while the heartbeat was on its way.
    if (!run) return;
    if (entry.action === "lost") return run.lose();
    if (entry.expiresIn !== undefined) run.lease.renew(sentAt, entry.expiresIn);
    if (entry.action === "cancel") run.cancel();
  }
}

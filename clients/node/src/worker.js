import { hostname } from "node:os";
import { Bell } from "./bell.js";
import { Claimer } from "./claimer.js";
import { isWithin, systemClock } from "./clock.js";
import { Connection } from "./connection.js";
import { Heartbeat } from "./heartbeat.js";
import { Mode } from "./mode.js";
import { ProcessSignals } from "./process-signals.js";
import { Runs } from "./runs.js";
import { Session } from "./session.js";

/**
 * Where the worker says what it does. It is never given keys or lease tokens.
 *
 * @typedef {object} Logger
 * @property {(...words: unknown[]) => void} debug
 * @property {(...words: unknown[]) => void} info
 * @property {(...words: unknown[]) => void} warn
 * @property {(...words: unknown[]) => void} error
 */

/** For how many milliseconds a worker that stops waits for its last claim, and for handlers that were told to stop. */
const farewell = 1000;

/** Claims jobs and runs them. */
export class Worker {
  #options;
  #environment;
  #handlers = new Map();
  #isRunning = false;

  /**
   * @param {object} options
   * @param {string | URL} options.url
   * @param {string} [options.key] With the scope `worker`.
   * @param {number} [options.slots] How many jobs run at once, 1 to 1,000.
   * @param {string[]} [options.queues] Those it takes jobs from; left out: all.
   * @param {string} [options.name] For people.
   * @param {string} [options.version] The program's, for people.
   * @param {Record<string, string>} [options.labels] For people.
   * @param {number} [options.grace] How many milliseconds running jobs get to end when the worker stops.
   * @param {Logger} [options.logger] The console, without debug, if left out.
   * @param {object} [environment] For tests: the clock, the source of chance, and the process whose signals count.
   */
  constructor(options, { clock = systemClock, random = Math.random, process = globalThis.process } = {}) {
    const { slots = 4, grace = 30_000, logger = quietConsole } = options;
    if (!(Number.isInteger(slots) && slots >= 1 && slots <= 1000)) throw new RangeError(`slots is ${slots}.`);
    this.#options = { ...options, slots, grace };
    const connection = new Connection({ ...options, clock });
    this.#environment = { connection, clock, random, logger, process };
  }

  /**
   * Says what runs the jobs of a type. What the handler returns is the job's result, what it throws its failure.
   *
   * @param {string} type
   * @param {(job: import("./job.js").Job) => unknown} handler
   * @returns {this}
   */
  handle(type, handler) {
    if (typeof handler !== "function") throw new TypeError(`The handler of ${type} is not a function.`);
    if (this.#isRunning) throw new Error("The server has been told already which types this worker runs.");
    this.#handlers.set(type, handler);
    return this;
  }

  /**
   * Works until it is told to stop: by the signal, by SIGTERM or SIGINT, or by the operator. What runs then gets the
   * grace to end, and what has not ended is given back.
   *
   * @param {object} [options]
   * @param {AbortSignal} [options.signal]
   * @param {boolean} [options.signals] Whether to listen for SIGTERM and SIGINT, the second of which ends the process.
   * @returns {Promise<void>} Resolved once nothing is left to do.
   * @throws {import("./problem.js").Problem} When the server refuses the worker.
   */
  async run({ signal, signals = true } = {}) {
    if (this.#isRunning) throw new Error("This worker runs already.");
    if (this.#handlers.size === 0) throw new Error("This worker has no handlers.");
    this.#isRunning = true;
    const { logger, process } = this.#environment;
    const bell = new Bell();
    const mode = new Mode(bell);
    const stop = () => mode.stop();
    const processSignals = new ProcessSignals(process, (name) => {
      logger.info(`${name}: stopping; once more ends the process at once`);
      stop();
    });
    if (signals) processSignals.install();
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    try {
      await this.#work(bell, mode);
    } finally {
      signal?.removeEventListener("abort", stop);
      processSignals.remove();
      this.#isRunning = false;
    }
  }

  async #work(bell, mode) {
    const { process, ...shared } = this.#environment;
    const session = new Session(this.#describe(process), shared);
    if (!(await session.open(mode.stopping))) return;
    const setting = {
      ...shared,
      // Asked for each time: a session that was made anew may have others.
      get limits() {
        return session.limits;
      },
    };
    const runs = new Runs(bell);
    const heartbeat = new Heartbeat({ session, runs, mode, setting });
    const { slots } = this.#options;
    const parts = { session, runs, mode, heartbeat, bell, handlers: this.#handlers, slots, setting };
    const [giveUp, still] = [new AbortController(), new AbortController()];
    const beating = heartbeat.run(still.signal);
    const claiming = new Claimer(parts).run(giveUp.signal);
    await bell.until(() => mode.stopping.aborted);
    // The server should know at once that nothing more is claimed; if it does not hear it, the next beat says so.
    heartbeat.beat(still.signal).catch(() => {});
    await this.#drain({ bell, runs, claiming, giveUp });
    still.abort();
    await Promise.all([beating, claiming, ...[...runs].map((run) => run.abandon())]);
    await session.close();
    this.#warnOfThoseLeft(runs);
  }

  /** Waits for what runs, and tells what is left after the grace to stop. */
  async #drain({ bell, runs, claiming, giveUp }) {
    const { clock } = this.#environment;
    // What the claim is given on the way is given back; given up later, it costs a job its lease's time at worst.
    isWithin(clock, farewell, claiming).then((isAnswered) => isAnswered || giveUp.abort());
    const allEnded = Promise.all([claiming, bell.until(() => runs.count === 0)]);
    if (await isWithin(clock, this.#options.grace, allEnded)) return;
    giveUp.abort();
    for (const run of runs) run.interrupt();
    await isWithin(clock, farewell, bell.until(() => runs.count === 0));
  }

  #warnOfThoseLeft(runs) {
    if (runs.count === 0) return;
    const numbers = [...runs].map((run) => `#${run.job.number}`).join(", ");
    this.#environment.logger.warn(`handlers that ignore job.signal still run: ${numbers}; end the process`);
  }

  /** What the server is told of this worker. */
  #describe(process) {
    const { name = `${hostname()}:${process.pid}`, version, labels, queues, slots } = this.#options;
    const types = [...this.#handlers.keys()];
    return { name, version, language: "node", types, queues, slots, labels, protocol: 1 };
  }
}

/** A line for every job is too much for who has not asked for it. */
const quietConsole = {
  debug() {},
  info: (...words) => console.info(...words),
  warn: (...words) => console.warn(...words),
  error: (...words) => console.error(...words),
};

import { Backoff } from "./backoff.js";
import { isWithin } from "./clock.js";
import { isTransient } from "./problem.js";

/**
 * Where what is to be sent gathers.
 *
 * @template Parcel
 * @typedef {object} Contents
 * @property {boolean} isEmpty
 * @property {() => Parcel} take What is to be sent next.
 * @property {(parcel: Parcel) => void} giveBack Takes back what could not be sent.
 * @property {(parcel: Parcel) => Promise<unknown>} send
 */

/** Sends what gathers, one parcel at a time and not too often: the first at once, the next after the interval. */
export class Outbox {
  #contents;
  #interval;
  #setting;
  #backoff;
  #sending;
  #cancelTimer;
  #restsUntil = -Infinity;
  #isClosed = false;

  /**
   * @param {Contents<any>} contents
   * @param {number} interval The shortest time between two parcels, in milliseconds.
   * @param {import("./run.js").Setting} setting
   */
  constructor(contents, interval, setting) {
    this.#contents = contents;
    this.#interval = interval;
    this.#setting = setting;
    this.#backoff = new Backoff({ first: interval, longest: 10_000, random: setting.random });
  }

  /** Says that there is something to send. */
  poke() {
    if (this.#isClosed || this.#sending || this.#cancelTimer || this.#contents.isEmpty) return;
    const { clock } = this.#setting;
    const rest = this.#restsUntil - clock.now();
    if (rest <= 0) this.#start();
    else this.#cancelTimer = clock.after(rest, () => this.#start());
  }

  /**
   * Sends what is there, without waiting for the interval, and takes nothing more.
   *
   * @param {number} ms For how long it may take.
   * @returns {Promise<void>}
   */
  async finish(ms) {
    if (this.#isClosed) return;
    this.#cancelTimer?.();
    this.#isClosed = true;
    const isOver = new AbortController();
    await isWithin(this.#setting.clock, ms, this.#sendRest(isOver.signal));
    isOver.abort();
  }

  /** Sends nothing more. */
  close() {
    this.#cancelTimer?.();
    this.#isClosed = true;
  }

  #start() {
    this.#cancelTimer = undefined;
    this.#sending = this.#sendNext().finally(() => {
      this.#sending = undefined;
      this.poke();
    });
  }

  async #sendRest(isOver) {
    await this.#sending;
    while (!isOver.aborted && !this.#contents.isEmpty && (await this.#sendNext()));
  }

  /** @returns {Promise<boolean>} Whether the parcel is out of the way. */
  async #sendNext() {
    const { clock, logger } = this.#setting;
    const parcel = this.#contents.take();
    this.#restsUntil = clock.now() + this.#interval;
    try {
      await this.#contents.send(parcel);
      this.#backoff.reset();
    } catch (error) {
      if (isTransient(error)) {
        this.#contents.giveBack(parcel);
        this.#restsUntil = clock.now() + this.#backoff.next(error.retryAfterMs);
        return false;
      }
      logger.debug(`a report was refused: ${error.message}`);
    }
    return true;
  }
}

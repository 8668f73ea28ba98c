/**
 * How long to wait before the next try: twice as long each time, and never the same for two clients, so that those who
 * were cut off together do not come back together.
 */
export class Backoff {
  #first;
  #longest;
  #random;
  #failures = 0;

  /**
   * @param {object} options
   * @param {number} options.first The longest first delay in milliseconds.
   * @param {number} options.longest
   * @param {() => number} options.random From 0 to 1.
   */
  constructor({ first, longest, random }) {
    this.#first = first;
    this.#longest = longest;
    this.#random = random;
  }

  /**
   * The delay after one failure more.
   *
   * @param {number} [retryAfterMs] What the server asked for; it is never undercut.
   * @returns {number} Milliseconds.
   */
  next(retryAfterMs) {
    const ceiling = Math.min(this.#longest, this.#first * 2 ** this.#failures);
    this.#failures += 1;
    if (retryAfterMs !== undefined) return retryAfterMs + this.#first * this.#random();
    return (ceiling / 2) * (1 + this.#random());
  }

  /** Starts anew after a success. */
  reset() {
    this.#failures = 0;
  }
}

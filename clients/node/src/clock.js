/**
 * A clock that never goes back, and its timers; tests bring one of their own.
 *
 * @typedef {object} Clock
 * @property {() => number} now Milliseconds since some moment.
 * @property {(ms: number, action: () => void) => (() => void)} after Does something later, unless what it returns is
 *   called before.
 */

const longestTimer = 2 ** 31 - 1;

/**
 * The machine's monotonic clock.
 *
 * @type {Clock}
 */
export const systemClock = {
  now: () => performance.now(),
  after(ms, action) {
    let timer;
    const arm = (left) => {
      // A timer of more than 24 days would overflow and fire at once; a deadline may be 30 days away.
      const step = Math.min(left, longestTimer);
      timer = setTimeout(() => (left > step ? arm(left - step) : action()), step);
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/**
 * Waits for a time, or until the signal is aborted, whichever is first.
 *
 * @param {Clock} clock
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function sleep(clock, ms, signal) {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal?.addEventListener("abort", end);
  });
}

/**
 * Waits for a promise, but no longer than a time.
 *
 * @param {Clock} clock
 * @param {number} ms
 * @param {Promise<unknown>} promise
 * @returns {Promise<boolean>} Whether it was in time.
 */
export async function isWithin(clock, ms, promise) {
  const done = new AbortController();
  const late = sleep(clock, ms, done.signal).then(() => false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    done.abort();
  }
}

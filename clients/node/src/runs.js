import { keyOf } from "./run.js";

/** The runs of a worker that have not ended. */
export class Runs {
  #bell;
  #runs = new Map();

  /** @param {import("./bell.js").Bell} bell Rung when a run ends. */
  constructor(bell) {
    this.#bell = bell;
  }

  get count() {
    return this.#runs.size;
  }

  [Symbol.iterator]() {
    return this.#runs.values();
  }

  /** @param {import("./run.js").Run} run */
  add(run) {
    this.#runs.set(run.key, run);
  }

  /** @param {import("./run.js").Run} run */
  remove(run) {
    this.#runs.delete(run.key);
    this.#bell.ring();
  }

  /**
   * The run that an entry of a heartbeat's answer is about.
   *
   * @param {{id: string, fence: number}} entry
   * @returns {import("./run.js").Run | undefined}
   */
  find({ id, fence }) {
    return this.#runs.get(keyOf(id, fence));
  }
}

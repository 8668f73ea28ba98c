import { ConnectionError } from "./problem.js";

/** A result that is a file. */
export class ResultFile {
  /**
   * @param {object} link
   * @param {string} link.url Where the file is until `expiresAt`; it is fetched without a key.
   * @param {string} [link.filename]
   * @param {number} [link.size]
   * @param {string} [link.sha256]
   * @param {string} [link.expiresAt]
   */
  constructor({ url, filename, size, sha256, expiresAt }) {
    this.url = url;
    this.filename = filename;
    this.size = size;
    this.sha256 = sha256;
    this.expiresAt = expiresAt;
  }

  /**
   * The file as it arrives, whatever its size.
   *
   * @returns {Promise<ReadableStream<Uint8Array>>}
   */
  async stream() {
    return (await this.#fetch()).body;
  }

  /**
   * The whole file.
   *
   * @returns {Promise<Buffer>}
   */
  async bytes() {
    return Buffer.from(await (await this.#fetch()).arrayBuffer());
  }

  async #fetch() {
    const response = await fetch(this.url);
    if (!response.ok) throw new ConnectionError(`The result's file was answered with status ${response.status}.`);
    return response;
  }
}

/**
 * A refusal by the server, in the form of RFC 9457. `type` is the last word of the problem's type: "lease-lost".
 */
export class Problem extends Error {
  /**
   * @param {object} document The problem document; `{}` where the answer was none.
   * @param {number} status The status of the answer.
   * @param {number} [retryAfterMs] In how many milliseconds the server wants to be asked again.
   */
  constructor(document, status, retryAfterMs) {
    super(document.detail ?? document.title ?? `The server answered with status ${status}.`);
    this.name = "Problem";
    this.type = lastWord(document.type);
    this.status = status;
    this.title = document.title;
    this.detail = document.detail;
    this.errors = document.errors ?? [];
    this.currentStatus = document.currentStatus;
    this.currentFence = document.currentFence;
    this.requestId = document.requestId;
    this.retryAfterMs = retryAfterMs;
  }

  /** What the failure of a job is called that ends with this problem. */
  get code() {
    return this.type;
  }

  /**
   * Reads what was answered with a status of 300 or more.
   *
   * @param {number} status
   * @param {Headers} headers
   * @param {string} text
   * @returns {Problem}
   */
  static read(status, headers, text) {
    return new Problem(parseDocument(text), status, retryAfter(headers));
  }
}

/** No answer arrived: whether the request did, nobody knows. */
export class ConnectionError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "ConnectionError";
  }
}

/**
 * Whether an error is a problem of a type.
 *
 * @param {unknown} error
 * @param {string} type
 * @returns {error is Problem}
 */
export const isProblem = (error, type) => error instanceof Problem && error.type === type;

/**
 * Whether the same request may be answered otherwise a little later.
 *
 * @param {unknown} error
 * @returns {boolean}
 */
export function isTransient(error) {
  if (error instanceof ConnectionError) return true;
  return error instanceof Problem && (error.status >= 500 || error.status === 429);
}

/**
 * What `Retry-After` asks for: seconds, or a date.
 *
 * @param {Headers} headers
 * @returns {number | undefined} Milliseconds.
 */
export function retryAfter(headers) {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // The server's date is measured with the server's clock, as ours need not agree with it.
  const wait = Date.parse(text) - (Date.parse(headers.get("date") ?? "") || Date.now());
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** The end of "/problems/lease-lost" and of "https://iana.org/…#quota-exceeded". */
function lastWord(type) {
  if (typeof type !== "string" || type === "about:blank") return "about:blank";
  return type.split(/[/#]/).filter(Boolean).at(-1) ?? "about:blank";
}

/** A proxy between us and the server may answer with anything. */
function parseDocument(text) {
  try {
    const document = JSON.parse(text);
    return typeof document === "object" && document !== null && !Array.isArray(document) ? document : {};
  } catch {
    return {};
  }
}

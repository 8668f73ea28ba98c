import { Fatal, JobError, RetryLater } from "./errors.js";
import { storable } from "./text.js";

/**
 * How a run ends: a call, and its body as the text that is sent however often it takes.
 *
 * @typedef {object} Ending
 * @property {"complete" | "fail" | "release" | "cancelled"} call
 * @property {string} [json]
 */

/** How long a code may be; the protocol names no limit. */
const codeBytes = 100;

/**
 * The end of a handler that returned.
 *
 * @param {unknown} value
 * @param {string | undefined} uploadId The file that is the result instead, where one was uploaded.
 * @param {object} limits The session's.
 * @returns {Ending}
 */
export function completed(value, uploadId, limits) {
  if (uploadId !== undefined) return ending("complete", { resultUploadId: uploadId });
  let result;
  try {
    result = JSON.stringify(value);
  } catch (error) {
    return failed(new Fatal(`The result is not JSON: ${error.message}`, { code: "result_not_json" }), limits);
  }
  // What JSON has no word for, undefined above all, is no result.
  if (result === undefined) return ending("complete", {});
  const size = Buffer.byteLength(result);
  if (size <= limits.resultBytes) return { call: "complete", json: `{"result":${result}}` };
  const message =
    `The result has ${size} bytes, and at most ${limits.resultBytes} are kept. ` +
    "Hand a large one over as a file, with job.uploadResult.";
  return failed(new Fatal(message, { code: "result_too_large" }), limits);
}

/**
 * The end of a handler that threw.
 *
 * @param {unknown} error
 * @param {object} limits The session's.
 * @returns {Ending}
 */
export function failed(error, limits) {
  if (error instanceof RetryLater) {
    return ending("release", { reason: "retry later", delaySeconds: seconds(error.ms) });
  }
  return ending("fail", {
    code: codeOf(error),
    message: messageOf(error, limits.errorBytes),
    ...(error instanceof JobError && options(error, limits)),
  });
}

/**
 * The end of a run that took too long.
 *
 * @param {number} deadlineIn How many seconds it might take.
 * @returns {Ending}
 */
export const timedOut = (deadlineIn) =>
  ending("fail", { code: "timeout", message: `The job ran longer than ${deadlineIn} s.` });

/** @type {Ending} The end of a run that the worker has no time for. */
export const released = ending("release", { reason: "shutdown" });

/** @type {Ending} */
export const cancelled = { call: "cancelled" };

function ending(call, body) {
  return { call, json: JSON.stringify(body) };
}

function options(error, limits) {
  return {
    ...(areStorable(error.details, limits) && { details: error.details }),
    ...(error instanceof Fatal && { retryable: false }),
    ...(Number.isFinite(error.retryAfterMs) && { retryAfterSeconds: seconds(error.retryAfterMs) }),
  };
}

/** A failure is told without its details rather than not at all. */
function areStorable(details, limits) {
  try {
    const json = JSON.stringify(details);
    return json !== undefined && Buffer.byteLength(json) <= limits.detailsBytes;
  } catch {
    return false;
  }
}

/** "ECONNREFUSED" of an error with a code, "type_error" of a TypeError. */
function codeOf(error) {
  const name = error?.name ?? "error";
  const isNamed = typeof error?.code === "string" && error.code !== "";
  const code = isNamed ? error.code : String(name).replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
  return code.replace(/[^A-Za-z0-9_.-]/g, "_").slice(0, codeBytes) || "error";
}

function messageOf(error, bytes) {
  const text = error instanceof Error ? error.message || error.name : error;
  return storable(text, bytes) || "The handler threw nothing that says why.";
}

/** Whole seconds, as the server counts; none too few. */
const seconds = (ms) => Math.max(0, Math.ceil(ms / 1000));

export { Client } from "./client.js";
export { Fatal, JobError, RetryLater, Stopped, WaitTimeout } from "./errors.js";
export { ConnectionError, Problem } from "./problem.js";
export { ResultFile } from "./result-file.js";
export { Worker } from "./worker.js";

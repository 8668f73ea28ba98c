import type { Readable } from "node:stream";

/** How a job stands. */
export type JobStatus = "Queued" | "Running" | "Completed" | "Failed" | "Cancelled";

/** A job as the API shows it; fields that say nothing are left out. */
export interface JobRecord {
  id: string;
  number: number;
  type: string;
  status: JobStatus;
  /** 0 to 100. */
  progress: number;
  queue: string;
  /** Lower runs first. */
  priority: number;
  attempt: number;
  maxAttempts: number;
  createdAt: string;
  runAt: string;
  updatedAt: string;
  rev: number;
  projectId?: string;
  projectName?: string;
  result?: unknown;
  error?: string;
  failure?: { code: string; message: string; details?: unknown };
  progressMessage?: string;
  data?: object;
  substate?: string;
  startedAt?: string;
  completedAt?: string;
  cancelAcknowledgedAt?: string;
  createdBy?: string;
  createdByName?: string;
  tags?: string[];
  /** The submitter's own object; what looks like a secret in it is not shown. */
  metadata?: Record<string, unknown>;
  after?: string[];
  uniqueKey?: string;
  timeoutSeconds?: number;
  traceparent?: string;
  resultType?: "INLINE" | "S3" | "URL";
  resultLocation?: string;
  /** In seconds since 1970. */
  recordExpiresAt?: number;
  links?: { self: string; events: string; cancel: string; result: string };
  /** Whether a submit found the job already there, by its unique key. */
  existing?: boolean;
  /** Whether a submit with `onConflict: 'replace'` made what it says that of a job that was there. */
  replaced?: boolean;
  [field: string]: unknown;
}

/** Any field of a submit goes; those below are the client's own or the usual ones. */
export interface SubmitOptions {
  /** Your own name for this submit, 1 to 255 characters of ASCII; random if left out. */
  idempotencyKey?: string;
  /** For how many milliseconds to wait for the job's end, at most a minute. */
  wait?: number;
  traceparent?: string;
  signal?: AbortSignal;
  /** A UUID of version 7 or 8, instead of an idempotency key. */
  id?: string;
  projectId?: string;
  projectName?: string;
  queue?: string;
  /** Lower runs first. */
  priority?: number;
  runAt?: string | Date;
  delaySeconds?: number;
  maxAttempts?: number;
  timeoutSeconds?: number;
  uniqueKey?: string;
  onConflict?: "return" | "reject" | "replace";
  after?: string[];
  tags?: string[];
  metadata?: object;
  [field: string]: unknown;
}

export interface ClientOptions {
  /** Where the installation is, such as "http://127.0.0.1:8080". */
  url: string | URL;
  /** The API key. */
  key?: string;
  /** For how many milliseconds to wait for an answer; 30,000 if left out. */
  timeout?: number;
  /** How often a call that may be repeated is repeated; 4 times if left out. */
  retries?: number;
}

/**
 * Submits jobs and follows them. Times are in milliseconds where the name does not say otherwise.
 *
 * Every call but `retry` is repeated when the connection fails, or when the server is busy and says 503 or 429, at the
 * pace that `Retry-After` asks for. What is refused is thrown as a `Problem`, what could not be sent as a
 * `ConnectionError`.
 */
export class Client {
  constructor(options: ClientOptions);

  /** Submits a job. What is lost on the way is sent again, and is one job all the same. */
  submit(type: string, payload?: object, options?: SubmitOptions): Promise<JobRecord>;

  /** A job as it is now. */
  job(id: string | number, options?: { signal?: AbortSignal }): Promise<JobRecord>;

  /**
   * Waits for a job's end, whatever it is: look at its `status`.
   *
   * @throws {WaitTimeout} When the job has not ended in time.
   */
  wait(id: string | number, options?: { timeout?: number; signal?: AbortSignal }): Promise<JobRecord>;

  /** The result of a completed job: JSON, or a file. */
  result<Result = any>(id: string | number, options?: { signal?: AbortSignal }): Promise<Result | ResultFile>;

  /** Cancels a job that has not ended. */
  cancel(
    id: string | number,
    options?: { reason?: string; signal?: AbortSignal },
  ): Promise<{ id: string; status: "Cancelled"; completedAt: string }>;

  /** Queues a failed or cancelled job again. It is sent once: repeated, it might start one that failed again since. */
  retry(
    id: string | number,
    options?: { runAt?: string | Date; signal?: AbortSignal },
  ): Promise<{ id: string; status: "Queued"; progress: number; error: null; startedAt: null; completedAt: null }>;
}

/** A result that is a file. */
export class ResultFile {
  constructor(link: { url: string; filename?: string; size?: number; sha256?: string; expiresAt?: string });
  /** Where the file is until `expiresAt`; whoever has the URL may fetch it. */
  readonly url: string;
  readonly filename?: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly expiresAt?: string;
  /** The file as it arrives, whatever its size. */
  stream(): Promise<ReadableStream<Uint8Array>>;
  /** The whole file. */
  bytes(): Promise<Buffer>;
}

/** Where the worker says what it does. It is never given keys or lease tokens. */
export interface Logger {
  debug(...words: unknown[]): void;
  info(...words: unknown[]): void;
  warn(...words: unknown[]): void;
  error(...words: unknown[]): void;
}

export interface WorkerOptions {
  /** Where the installation is, such as "http://127.0.0.1:8080". */
  url: string | URL;
  /** An API key with the scope `worker`. */
  key?: string;
  /** How many jobs run at once, 1 to 1,000; 4 if left out. */
  slots?: number;
  /** The queues that jobs are taken from; left out: all. */
  queues?: string[];
  /** For people; host and process id if left out. */
  name?: string;
  /** The version of the program, for people. */
  version?: string;
  /** For people. */
  labels?: Record<string, string>;
  /** How many milliseconds running jobs get to end when the worker stops; 30,000 if left out. */
  grace?: number;
  /** For how many milliseconds to wait for an answer; 30,000 if left out. */
  timeout?: number;
  /** The console, without debug, if left out. */
  logger?: Logger;
}

/** What runs a job: what it returns is the result, what it throws the failure. */
export type Handler<Payload = any> = (job: Job<Payload>) => unknown;

/** Claims jobs and runs them. */
export class Worker {
  constructor(options: WorkerOptions);

  /** Says what runs the jobs of a type. */
  handle<Payload = any>(type: string, handler: Handler<Payload>): this;

  /**
   * Works until it is told to stop: by the signal, by SIGTERM or SIGINT unless `signals` is false, or by the operator.
   * What runs then gets the grace to end, and what has not ended is given back. A second SIGTERM ends the process.
   *
   * @throws {Problem} When the server refuses the worker.
   */
  run(options?: { signal?: AbortSignal; signals?: boolean }): Promise<void>;
}

/** How bad a line of a job's log is. */
export type LogLevel = "trace" | "debug" | "info" | "notice" | "warning" | "error" | "critical";

/** A claimed job, as its handler sees it. */
export interface Job<Payload = any> {
  readonly id: string;
  readonly number: number;
  readonly type: string;
  readonly queue: string;
  /** Whole numbers beyond 2^53 lose their last digits: JavaScript reads JSON so. Submit those as text. */
  readonly payload: Payload;
  /** The runs that count, with this one: 1 the first time. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** How many runs in a row were lost with their workers; the third is the last. */
  readonly lostCount: number;
  readonly projectId?: string;
  /** What an earlier run saved last. */
  readonly checkpoint?: any;
  /** Larger with every claim: pass it on to systems that can compare it. */
  readonly fence: number;
  readonly traceparent?: string;
  readonly createdAt: string;
  readonly createdBy?: string;
  /** Aborted, with a `Stopped` as its reason, when the job is to stop: hand it to all that waits. */
  readonly signal: AbortSignal;

  /**
   * Says how far the job is, from 0 to 100. It returns at once; at most four reports a second are sent, the latest each
   * time, and what a report leaves out stays as it was.
   */
  progress(percent?: number, message?: string, data?: object): void;

  /** Writes a line to the job's log. It returns at once; lines are sent in batches. */
  log(message: string, level?: LogLevel): void;

  /** Saves how far the job came, as any JSON; its next run finds it as `checkpoint`. Resolved once it is stored. */
  saveCheckpoint(value: unknown): Promise<void>;

  /** Hands over a file: bytes, a path or a stream. When the handler returns, the last one is the job's result. */
  uploadResult(
    source: Uint8Array | string | Readable | ReadableStream,
    filename: string,
  ): Promise<{ uploadId: string; filename: string; size: number; sha256: string }>;
}

/** A handler's failure, with what the job's record should say about it. */
export class JobError extends Error {
  constructor(
    message: string,
    options?: {
      /** For programs: letters, digits, "_", "-" and ".". */
      code?: string;
      /** Any JSON. */
      details?: unknown;
      /** When to try again, in milliseconds; without it the delay grows with the attempts. */
      retryAfterMs?: number;
      cause?: unknown;
    },
  );
  code?: string;
  details?: unknown;
  retryAfterMs?: number;
}

/** A failure that another attempt would only repeat: the job fails at once, whatever attempts are left. */
export class Fatal extends JobError {}

/** "Not now": the job is given back and runs again later. That is no failure, and costs no attempt. */
export class RetryLater extends Error {
  constructor(ms: number);
  readonly ms: number;
}

/** Why a job was stopped: the reason of `job.signal`, and what its calls throw from then on. */
export class Stopped extends Error {
  readonly why: "cancelled" | "lost" | "timeout" | "shutdown" | "ended";
}

/** The time of a `wait` was over before the job had ended. */
export class WaitTimeout extends Error {
  /** As it was seen last. */
  readonly job: JobRecord;
}

/** A refusal by the server, in the form of RFC 9457. */
export class Problem extends Error {
  /** The last word of the problem's type, such as "lease-lost"; "about:blank" where the answer was no problem. */
  readonly type: string;
  /** The same: what the failure of a job is called that ends with this problem. */
  readonly code: string;
  /** The status of the answer. */
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  /** What is wrong where in the request. */
  readonly errors: { pointer?: string; parameter?: string; code: string; detail: string }[];
  /** The job's status, where that was the reason. */
  readonly currentStatus?: JobStatus;
  /** The job's fence, where a lease was lost. */
  readonly currentFence?: number;
  readonly requestId?: string;
  /** In how many milliseconds the server wants to be asked again. */
  readonly retryAfterMs?: number;
}

/** No answer arrived: whether the request did, nobody knows. */
export class ConnectionError extends Error {}

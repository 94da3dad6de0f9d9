import type { Outcome } from './outcomes.ts'

/**
 * The ports between the control plane and a world: the simulated one (sim/world) or the live one
 * (runtime/live).
 *
 * All times are milliseconds since the run's epoch. `now` is passed in and does not move while
 * one event is handled. Events of one instant come in this order: done, timer, delivered,
 * arrival.
 */
export type Ms = number

export { OUTCOME, type Outcome, REFUSAL, type Refusal } from './outcomes.ts'

/** How a batch ended. */
export const STATUS = { ok: 0, outOfMemory: 1, died: 2 } as const
export type Status = (typeof STATUS)[keyof typeof STATUS]

/**
 * What an executor does: `up` takes batches; `draining` ends its batch, and has no other; `down`
 * has lost its batch.
 */
export type ExecutorState = 'up' | 'draining' | 'down'

/** The same with what a scaler does: `starting` does not serve yet, `stopped` is given back. */
export type ExecutorPhase = ExecutorState | 'starting' | 'stopped'

/** What was done about a batch that ran out of memory. */
export type Remedied = 'shrunk' | 'evicted' | 'split' | 'failed'

/** Timers with fixed ids. Arming an armed timer replaces it; a timer never fires early. */
export interface Timers {
  arm(timer: number, at: Ms): void
  disarm(timer: number): void
}

/** What a batch computes. */
export interface BatchShape {
  readonly size: number
  /** padded length, computed for every member; 0 where each is computed at its own (ragged) */
  readonly length: number
  /** lengths of all members together */
  readonly tokens: number
}

/** A batch on an executor, which has at most one: the record is used again for the next. */
export interface Batch extends BatchShape {
  readonly executor: number
  /** request slots, the first `size` of them */
  readonly members: Int32Array
  size: number
  length: number
  tokens: number
  /** when the first of its members was enqueued */
  oldestEnqueued: Ms
  dispatched: Ms
  /** when the executor itself began and ended to work on it */
  started: Ms
  ended: Ms
  status: Status
}

/**
 * Steps of an engine, each of which gives every decoding sequence a token; contexts grow by that,
 * and nothing else changes. An engine has at most one run: the record is used again for the next.
 */
export interface StepRun {
  readonly executor: number
  steps: number
  /** sequences that decode */
  decodes: number
  /** sequences whose prompts are computed, and tokens of those; where there are any, in one step */
  prefills: number
  prefillTokens: number
  /** the same without the padding of a static batch */
  promptTokens: number
  /** tokens that these prompts have in the KV cache before, together */
  promptPast: number
  /** tokens in the KV caches of decoding sequences, before the first step */
  context: number
  /** the most of one of them; 0 unless the plan has steps that are padded to it */
  longest: number
  /** of the KV cache, in use when the run has ended */
  blocks: number
  /** sequences that have a token with each step: static batches keep those that are done */
  generating: number
  /** a request has no slot only because it lacks blocks of the KV cache */
  waitsForBlocks: boolean
  /** that transfers add to the first step */
  extraMs: Ms
  started: Ms
  /**
   * ends of single steps since the start, written by a world whose steps scatter, the last of them
   * as of `onSteps`; absent where steps grow evenly from the first to the last one
   */
  stepEnds?: Float64Array | null
  /**
   * when its executor began it and ended it, since the start, written by a world in which the
   * executor gets it later, and its end is seen later; absent elsewhere
   */
  ran?: { readonly beganMs: Ms; readonly endedMs: Ms } | null
}

/** Runs batches. A started batch is never interrupted; its end comes as `onDone`. */
export interface Backend {
  start(batch: Batch): void
  /** Makes a model resident on its executor, which takes time; the end comes as `onLoaded`. */
  load?(executor: number): void
  /** An idle executor gives back all memory that it holds, weights and arena, at once. */
  unload?(executor: number): void
  /** The arenas that share an executor's memory give back what they do not use, at once. */
  shrink?(executor: number): void
  /** Starts an executor; it serves from `onExecutor` on. */
  launch?(executor: number): void
  /** A draining executor has nothing left to do, or one that starts is not needed. */
  stop?(executor: number): void
}

/** Runs steps of engines. A run ends as `onSteps`, at a boundary of steps. */
export interface StepBackend {
  run(run: StepRun): void
  /** The run under way ends with the step that is under way. */
  yieldAtStep(executor: number): void
}

/** A message of a request that is sent over a channel. */
export interface Transfer {
  readonly request: number
  /** number of the channel in the plan */
  readonly channel: number
  /** in units of the channel */
  readonly size: number
  /** its draws depend on these two only */
  readonly key: number
  readonly purpose: number
}

/** Carries messages. A transfer ends as `onDelivered`; a request has at most one at a time. */
export interface TransferBackend {
  transfer(transfer: Transfer): void
}

/** The events that a world reports to its control plane. */
export interface ControlPlanePort {
  onArrival(now: Ms, request: number): void
  onTimer(now: Ms, timer: number): void
  onDone(now: Ms, executor: number, started: Ms, ended: Ms, status: Status): void
  /** A load has ended; not ok where memory was short. */
  onLoaded(now: Ms, executor: number, ok: boolean): void
  /** A run ended after so many steps; `firstMs`, `lastMs`: what the first and the last took. */
  onSteps(now: Ms, executor: number, steps: number, firstMs: Ms, lastMs: Ms): void
  /**
   * An executor has another state; all are up at first. The batch of one that is down ends as any
   * other, by `onDone`; its status is `died`.
   */
  onExecutor(now: Ms, executor: number, state: ExecutorState): void
  /** What was sent for a request has arrived. */
  onDelivered(now: Ms, request: number): void
  /** The traffic has ended, see `EndOfTraffic`; a later arrival resumes it. */
  onEnd(now: Ms): void
  /** Requests waiting in all queues. */
  readonly waiting: number
}

/** Where requests come from, pulled by the world in order of time. */
export interface Source {
  /**
   * Scheduled time of the next request. Infinity: none comes, or none before one in flight has
   * ended. NaN: more must be read first; the driver of the world does that and goes on.
   */
  peek(): Ms
  /**
   * Whether a request may come at any time though none is known, as from clients of a server;
   * absent for no.
   */
  readonly isOpen?: boolean
  /** Until then clients may react to how requests end, ms; 0 where they never do. */
  readonly reactsUntil: Ms
  /**
   * Writes the next request into a slot of `requests` and moves on. False where the client sends
   * nothing after all.
   */
  take(requests: RequestFields, slot: number): boolean
  /**
   * A request of a class has ended; where it is `retried`, it is sent again at `now`. `pushbackMs`:
   * what its refusal tells the client, see pushback.ts; absent for nothing.
   */
  settled(number: number, key: number, outcome: Outcome, now: Ms, pushbackMs?: Ms): void
}

/** The columns that a source fills. */
export interface RequestFields {
  /** scheduled arrival, ms */
  readonly at: Float64Array
  /** length in the model's free dimension: tokens, pixels, samples */
  readonly inputTokens: Int32Array
  /** tokens to generate; 0 where nothing is generated */
  readonly outputTokens: Int32Array
  /** index of the scenario's traffic class */
  readonly class: Uint8Array
  /** 1 for the first attempt of a call */
  readonly attempt: Uint8Array
  /** scheduled arrival of the call's first attempt, ms */
  readonly firstScheduledAt: Float64Array
  /** the request's identity: its number in the run's order of arrival */
  readonly key: Uint32Array
  /** number of what its client sent, in that order: the same for all parts of a fan-out */
  readonly sendId: Uint32Array
  /** which part of the fan-out it is; 0 for the first, and for a request that is whole */
  readonly part: Uint16Array
  /** which copy or attempt of a request it is; 0 for the first, and where there is one only */
  readonly copy: Uint8Array
  /** of further copies: the key of the first */
  readonly copyOf: Uint32Array
  /**
   * By slot, where it is known: what the prompt begins with, as a number for every 512 tokens.
   * Prompts that have the same number at a place have the same tokens up to there.
   */
  readonly prefixes: Map<number, Int32Array>
}

/** The events of a simulated or live run; outcomes are in the table of requests. */
export interface Observer {
  /** A request arrived, before any decision on it. */
  arrived?(now: Ms, request: number): void
  /** A batch left its queue; a generating request is a batch of its own. */
  dispatched?(now: Ms, batch: Batch): void
  /** A batch, or a part of a split batch, ended with its members. */
  batch?(now: Ms, batch: Batch): void
  /** A request that was in no batch ended: shed or timed out. */
  lost?(now: Ms, request: number): void
  /**
   * Where there are networks: the client of a request has its answer, or its refusal. Only now it
   * is final how a request ended that was in a batch.
   */
  answered?(now: Ms, request: number): void
  /** A batch ran out of memory, and this was done about it; what fails ends as `batch`. */
  remedied?(now: Ms, executor: number, remedy: Remedied): void
  /** An executor came or went. */
  executor?(now: Ms, executor: number, phase: ExecutorPhase): void
  /** A replica that failed requests gets none for a time, or gets requests again. */
  ejected?(at: Ms, change: EjectionChange): void
  /** A scaler wants another number of replicas for a pool, for a reason. */
  scaled?(now: Ms, pool: number, replicas: number, reason: string): void
  /** The budget grants a pool so many replicas less than its scaler asks for. */
  cut?(now: Ms, pool: number, replicas: number): void
  /** Weights are resident now: a batch that waits for this executor starts at this instant. */
  loaded?(now: Ms, executor: number): void
  /** Weights were evicted to make room for others. */
  evicted?(now: Ms, executor: number): void
  /** A setting was changed. */
  tuned?(now: Ms, step: TuningStep): void
  /** A run of steps ended. */
  stepped?(now: Ms, run: StepRun): void
  /** A sequence takes a slot of an engine; `missing`: tokens of its prompt to compute. */
  slotTaken?(executor: number, request: number, missing: number): void
  /** A sequence gives its slot up: it is done, preempted, or goes on elsewhere. */
  slotLeft?(executor: number, request: number): void
  /** The next run of an engine computes `tokens` of a prompt; so many are left then. */
  prompted?(executor: number, request: number, tokens: number, left: number): void
  /** The KV cache of an engine, at the start of a run, at its end and when it has nothing to do. */
  kv?(now: Ms, use: KvUse): void
  /**
   * In each of `steps` steps up to `now` so many sequences of a class had a token, after gaps that
   * grow evenly.
   */
  gaps?(now: Ms, gaps: TokenGapRun): void
}

/** Which requests a replica gets after it has failed some. */
export interface EjectionChange {
  readonly executor: number
  /** when it gets requests again, if no change comes before; the time of the change for at once */
  readonly until: Ms
  /** null where it gets requests; `probe`: one request was sent to it, and has not ended */
  readonly reason: 'consecutive' | 'success-rate' | 'failure-percentage' | 'probe' | null
  /** whether ejections of its pool are ignored from then on */
  readonly panics: boolean
}

/** A change of a setting by its tuner. */
export interface TuningStep {
  /** number in the list of the plan */
  readonly tuner: number
  readonly from: number
  readonly to: number
  /** what it was changed for: a percentile in ms, or the share within the target */
  readonly measured: number
  readonly reason: string
}

/**
 * How full the KV cache of an engine is. Counts are of the whole run. The record is used again for
 * the next time.
 */
export interface KvUse {
  readonly executor: number
  /** requested by its sequences; those of a shared block count once */
  readonly tokens: number
  /** blocks with tokens of its sequences */
  readonly used: number
  /** blocks that no sequence uses, kept for prompts that begin with them */
  readonly kept: number
  readonly free: number
  /** preemptions for lack of blocks */
  readonly shortages: number
  /** tokens of prompts, and those of them that were cached */
  readonly promptTokens: number
  readonly hitTokens: number
}

/** That of an engine before its first request. */
export const NO_USE: KvUse = Object.freeze({
  executor: -1,
  tokens: 0,
  used: 0,
  kept: 0,
  free: 0,
  shortages: 0,
  promptTokens: 0,
  hitTokens: 0,
})

/** Gaps between tokens; the record is used again for the next. */
export interface TokenGapRun {
  executor: number
  class: number
  fromMs: Ms
  toMs: Ms
  steps: number
  sequences: number
}

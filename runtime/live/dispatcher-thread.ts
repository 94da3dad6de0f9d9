import { parentPort, workerData } from 'node:worker_threads'
import { EXIT, Failure, type Scenario } from '../../scenarios/index.ts'
import type { GeneratedColumns } from '../../sim/audit/index.ts'
import {
  type CausedFailures,
  type ControlReading,
  failureDraws,
  type IdleProbe,
  registersAnew,
} from '../../sim/experiment/index.ts'
import {
  assemble,
  type Batch,
  generatesIn,
  Ledger,
  type Ms,
  Requests,
  type ServingPlan,
  type Source,
  type StepBackend,
  Transfers,
} from '../../sim/serving/index.ts'
import {
  type ExecutorChange,
  type ModelMove,
  type ReplicaEjection,
  type RowColumns,
  RowRecorder,
  Rows,
} from '../../sim/stats/index.ts'
import {
  ListSource,
  RequestList,
  type RequestListColumns,
  type TrafficOptions,
  trafficSource,
} from '../../sim/traffic/index.ts'
import { failureMessage } from '../process/failure-message.ts'
import { SlotObserver, SlotSource } from '../serve/slot-source.ts'
import { type SlotMemory, SlotTable } from '../serve/slot-table.ts'
import { type TokenMemory, TokenSlab } from '../serve/token-slab.ts'
import { expectAnswered } from '../targets/target-problem.ts'
import { pinThread } from './affinity.ts'
import { WallClock } from './clock.ts'
import { Dispatcher } from './dispatcher.ts'
import { ExecutorFailures } from './executor-failures.ts'
import { LiveSteps } from './generation/live-steps.ts'
import { PendingOperations } from './generation/pending-operations.ts'
import { runStepScript, type ScriptOrder, type StepScriptRow } from './generation/step-script.ts'
import { probedBatches } from './idle-probes.ts'
import { MailboxPort } from './live-port.ts'
import { Mailbox, type MailboxMemory } from './mailbox.ts'
import { runScript, type ScriptItem, type ScriptRow, timeLoads } from './script.ts'
import type { Shortage } from './shortages.ts'

export interface DispatcherStart {
  readonly mailboxes: readonly MailboxMemory[]
  readonly signal: SharedArrayBuffer
  /** [requests arrived]: read by the parent to show progress */
  readonly progress: SharedArrayBuffer
  /** a reading of the monotonic clock that the executors' clocks count from */
  readonly epochNs: bigint
  /** to the server that gets each request on its own; null where executors run batches */
  readonly connections: number | null
  /** by pool, of a model that generates; null for another one */
  readonly vocabularies: readonly (number | null)[]
  /** cores that it keeps to; null for any */
  readonly cores: readonly number[] | null
  /** requests of clients; null where traffic is replayed */
  readonly served: SlotMemory | null
  /** of those that generate; null where none does */
  readonly tokens: TokenMemory | null
}

/** Requests that are known; or the scenario of clients that react to how they end. */
export type Traffic = { readonly kind: 'list'; readonly requests: RequestListColumns } | Reacting

export interface Reacting {
  readonly kind: 'reacting'
  readonly scenario: Scenario
  readonly options: TrafficOptions
}

/** Parent to thread: what to do next. Times of a job count from its epoch. */
export type DispatcherJob =
  | {
      readonly kind: 'replay'
      readonly plan: ServingPlan
      readonly traffic: Traffic
      readonly decisionLog: boolean
      /** whether the processor time of batches is kept */
      readonly processorTime: boolean
      /** times at which it pauses, once executors are idle, until `goOn`; rising */
      readonly pauses: readonly Ms[]
      /** batches to run without traffic before it begins, and in each pause; none: not at all */
      readonly probes: readonly (readonly ScriptItem[])[]
      /** what happens to executors, in order of time; null where they run all the time */
      readonly failures: CausedFailures | null
    }
  | { readonly kind: 'goOn' }
  | { readonly kind: 'script'; readonly items: readonly ScriptItem[] }
  | { readonly kind: 'steps'; readonly orders: readonly ScriptOrder[] }
  | { readonly kind: 'loads'; readonly plan: ServingPlan; readonly durationMs: number }
  | { readonly kind: 'serve'; readonly plan: ServingPlan }

export type DispatcherReply =
  | {
      readonly kind: 'replayed'
      readonly rows: RowColumns
      readonly timers: [number, number][]
      readonly journal: Float64Array
      readonly shortages: readonly Shortage[]
      readonly moves: readonly ModelMove[]
      readonly deaths: readonly number[]
      /** of batches that servers did not answer as they should; absent where all were answered */
      readonly problems?: Readonly<Record<string, number>>
      /** to the server that got each request on its own; absent where executors ran batches */
      readonly connections?: number
      readonly changes: readonly ExecutorChange[]
      readonly ejections: readonly ReplicaEjection[]
      readonly control: readonly ControlReading[]
      /** absent where nothing was probed */
      readonly probes?: readonly IdleProbe[]
      /** absent where no pool generates */
      readonly generated?: GeneratedColumns
      /** by number of the batch, ms; NaN where it was not measured; absent where not asked for */
      readonly processorMs?: Float64Array
    }
  | { readonly kind: 'paused' }
  | {
      readonly kind: 'scripted'
      readonly rows: ScriptRow[]
      readonly shortages: readonly Shortage[]
    }
  | { readonly kind: 'stepped'; readonly rows: readonly StepScriptRow[] }
  | { readonly kind: 'loaded'; readonly times: readonly number[] | null }
  | { readonly kind: 'served' }

type Job<Kind extends DispatcherJob['kind']> = Extract<DispatcherJob, { readonly kind: Kind }>

/** room for requests of clients that react, to begin with: growing takes time in a replay */
const REACTING_ROWS = 1 << 17

/** before time 0 of a job and before each slice: first requests must not find the loop cold */
const LEAD_MS = 50

const start = workerData as DispatcherStart
if (start.cores !== null) pinThread(start.cores)
const mailboxes = start.mailboxes.map((memory) => new Mailbox(memory))
const progress = new Int32Array(start.progress)

/** The replay that is in one of its pauses. */
let paused: Replay | null = null

type Replay = Generator<DispatcherReply, DispatcherReply>

function perform(job: DispatcherJob): DispatcherReply {
  if (job.kind !== 'goOn') {
    if (paused !== null) throw new Error(`Expected a replay to go on, got ${job.kind}`)
    if (job.kind === 'serve') return serve(job)
    return job.kind === 'replay' ? advance(replay(job)) : measure(job)
  }
  if (paused === null) throw new Error('Expected a replay in a pause')
  return advance(paused)
}

function advance(run: Replay): DispatcherReply {
  const { done, value } = run.next()
  paused = done === true ? null : run
  return value
}

/** Executors on a clock that is below 0 for a while. `plan`: null where memory is no concern. */
function portTo(plan: ServingPlan | null, requests: Requests): MailboxPort {
  const clock = new WallClock(start.epochNs)
  return new MailboxPort({
    clock,
    origin: clock.now() + LEAD_MS,
    mailboxes,
    signal: start.signal,
    deviceOf: plan === null ? new Int32Array(0) : new Ledger(plan).deviceOf,
    requests,
  })
}

function* replay(job: Job<'replay'>): Replay {
  const { traffic, pauses } = job
  const requests = new Requests(4096)
  const port = portTo(job.plan, requests)
  const sent: Source =
    traffic.kind === 'list'
      ? new ListSource(RequestList.of(traffic.requests))
      : trafficSource(traffic.scenario, traffic.options)
  const processorMs: Ms[] = []
  const count = traffic.kind === 'list' ? traffic.requests.at.length : REACTING_ROWS
  const recorder = new RowRecorder(Rows.allocate(count), requests)
  const generation = generationOf(job.plan, requests, port)
  const { driver, control, log } = assemble({
    plan: job.plan,
    source: sent,
    requests,
    world: (traffic) => {
      const failures = job.failures && failuresOf(port, job.plan, job.failures)
      const { channels } = job.plan
      const transfers = channels ? new Transfers(channels) : null
      const { steps = null } = generation ?? {}
      const dispatcher = new Dispatcher(port, traffic, { failures, transfers, steps })
      const ports = { timers: dispatcher, backend: dispatcher, transfers: dispatcher }
      if (steps === null) return { driver: dispatcher, ...ports }
      return { driver: dispatcher, ...ports, steps: stepsOf(dispatcher, steps) }
    },
    observe: () => [
      { arrived: (_, request) => report(traffic, requests, request) },
      ...(generation?.observers ?? []),
      recorder,
      ...(job.processorTime ? [{ batch: (_: Ms, batch: Batch) => keepTime(batch) }] : []),
    ],
    // engines are seen again by their log only
    logs: job.decisionLog || generation !== null,
  })
  const keepTime = ({ executor, ended }: Batch) => {
    const order = port.finished(executor)
    // a batch may also end by a crash, without an order that has finished
    processorMs.push((order?.ended === ended ? order.processorMs : undefined) ?? Number.NaN)
  }
  const readings: ControlReading[] = []
  const probes: IdleProbe[] = []
  let now = Number.NEGATIVE_INFINITY
  for (const [i, at] of [0, ...pauses].entries()) {
    if (i > 0) yield { kind: 'paused' }
    const items = job.probes[i] ?? []
    // in a pause time stands still: no request is late by what runs in it
    if (items.length > 0) probes.push({ at, batches: probedBatches(scripted(items, port)) })
    // no kernel of ours runs where the server does
    if (start.connections === null) readings.push({ at, ms: port.timeControl() })
    port.setNow(Math.max(now, at - LEAD_MS))
    driver.run(control, pauses[i])
    now = port.now()
  }
  // the next replay begins as this one did
  port.clear()
  return {
    kind: 'replayed',
    rows: recorder.rows.columns,
    timers: driver.fired,
    journal: log() ?? new Float64Array(0),
    shortages: port.shortages.all,
    moves: driver.moves,
    deaths: port.deaths,
    ...(Object.keys(port.problems).length > 0 && { problems: port.problems }),
    ...(start.connections !== null && { connections: start.connections }),
    changes: recorder.changes,
    ejections: recorder.ejections,
    control: readings,
    ...(generation && { generated: generation.ran() }),
    ...(probes.length > 0 && { probes }),
    ...(job.processorTime && { processorMs: Float64Array.from(processorMs) }),
  }
}

/** Serves the requests of clients until their table is closed and all of them have ended. */
function serve({ plan }: Job<'serve'>): DispatcherReply {
  if (start.served === null) throw new Error('Expected a fleet that was opened for clients')
  const table = new SlotTable(start.served)
  const tokens = start.tokens && new TokenSlab(start.tokens)
  const requests = new Requests(start.served.slots)
  const port = portTo(plan, requests)
  const generation = generationOf(plan, requests, port, tokens)
  const { driver, control } = assemble({
    plan,
    source: new SlotSource(table, (reading) => port.timeOf(reading)),
    requests,
    world: (traffic) => {
      const { steps = null } = generation ?? {}
      const dispatcher = new Dispatcher(port, traffic, { steps, forgets: true })
      const ports = { driver: dispatcher, timers: dispatcher, backend: dispatcher }
      return steps === null ? ports : { ...ports, steps: stepsOf(dispatcher, steps) }
    },
    observe: () => [new SlotObserver(table, requests, tokens), ...(generation?.observers ?? [])],
  })
  port.setNow(0)
  driver.run(control)
  return { kind: 'served' }
}

/** Runs batches in a pause; progress stays that of the traffic. */
const scripted = (items: readonly ScriptItem[], port: MailboxPort): ScriptRow[] =>
  runScript(items, port, mailboxes, new Int32Array(1))

/** Null where no pool generates. `tokens`: of clients, whose answers are not kept. */
function generationOf(
  plan: ServingPlan,
  requests: Requests,
  port: MailboxPort,
  tokens: TokenSlab | null = null,
) {
  if (!generatesIn(plan)) return null
  const { vocabularies } = start
  const promptOf = tokens === null ? undefined : tokens.prompt.bind(tokens)
  const pending = new PendingOperations({ plan, requests, vocabularies, promptOf })
  const keyOf = (request: number) => requests.key[request]!
  const steps = new LiveSteps(port, pending, { keyOf, forgets: tokens !== null })
  const ran = (): GeneratedColumns => ({ answers: steps.answers, blocks: steps.blocks })
  return { steps, observers: [pending], ran }
}

const stepsOf = (dispatcher: Dispatcher, steps: LiveSteps): StepBackend => ({
  run: (run) => dispatcher.startSteps(run),
  yieldAtStep: (executor) => steps.yieldAtStep(executor),
})

function failuresOf(
  port: MailboxPort,
  plan: ServingPlan,
  { events, seed }: CausedFailures,
): ExecutorFailures {
  const random = failureDraws(seed, 0)
  return new ExecutorFailures(port, events, { random, registers: registersAnew(plan) })
}

function measure(job: Job<'script' | 'steps' | 'loads'>): DispatcherReply {
  const port = portTo(job.kind === 'loads' ? job.plan : null, new Requests(4096))
  const reply = measured(job, port)
  if (port.deaths.every((times) => times === 0)) return reply
  expectAnswered(port.problems)
  throw new Failure('the process of an executor ended while it was measured', EXIT.internal)
}

function measured(job: Job<'script' | 'steps' | 'loads'>, port: MailboxPort): DispatcherReply {
  if (job.kind === 'steps') {
    return { kind: 'stepped', rows: runStepScript(job.orders, port, progress) }
  }
  if (job.kind === 'loads') return { kind: 'loaded', times: timeLoads(port, job.durationMs) }
  const rows = runScript(job.items, port, mailboxes, progress)
  return { kind: 'scripted', rows, shortages: port.shortages.all }
}

/** Shows the parent how many requests have arrived, or the time where their number is unknown. */
function report(traffic: Traffic, requests: Requests, request: number): void {
  const { sendId, at } = requests
  progress[0] = traffic.kind === 'list' ? sendId[request]! + 1 : Math.round(at[request]!)
}

parentPort?.on('message', (job: DispatcherJob) => {
  try {
    parentPort?.postMessage(perform(job))
  } catch (error) {
    parentPort?.postMessage(failureMessage(error))
  }
})

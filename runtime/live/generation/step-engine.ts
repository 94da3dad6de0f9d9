import { Failure } from '../../../scenarios/index.ts'
import { type Ms, STATUS, type Status } from '../../../sim/serving/index.ts'
import { executionProviders } from '../../models/index.ts'
import { openSession } from '../../models/onnx.ts'
import { ChildEnded } from '../../process/child.ts'
import { WallClock } from '../clock.ts'
import type { EngineOptions, Mortal } from '../engine.ts'
import { type EngineRequest, openEngineProcess, YIELD } from '../engine-child.ts'
import { BlockTables } from './block-tables.ts'
import type { GenerationOptions } from './generation-options.ts'
import { CannotRun, PagedDecoder } from './paged-decoder.ts'
import {
  type BlockCounts,
  SequenceRunner,
  type StepOrder,
  type SteppedRun,
} from './sequence-runner.ts'

export type StepEngineOptions = EngineOptions & { readonly generation: GenerationOptions }

/** A run of steps with the blocks of the cache when it has ended. */
export interface StepEngineRun extends SteppedRun {
  readonly status: Status
  readonly started: Ms
  readonly ended: Ms
  readonly counts: BlockCounts
}

/** Says that a run ends with the step under way. */
export interface YieldWord {
  readonly yields: boolean
  /** Resolves once it may have been said, or the run has ended. */
  whenYields(): Promise<void>
}

/** A decoder that runs steps of real tensors. */
export interface StepEngine {
  readonly fellBack: boolean
  /** Throws `Failure` if the model cannot run a step. */
  run(order: StepOrder, word: YieldWord): Promise<StepEngineRun>
  close(): Promise<void>
}

/** Opens a decoder in this thread or in a separate process, as its execution provider needs. */
export function openStepEngine(options: StepEngineOptions, epochNs: bigint): Promise<StepEngine> {
  const { apart } = executionProviders[options.session.executionProvider]
  const isApart = apart || options.mortal === true
  return isApart ? openStepProcess(options, epochNs) : openLocalSteps(options, epochNs)
}

/**
 * Opens a decoder in a process, which may be killed: the run that it takes with it has died, and
 * `restart` starts a new one with an empty cache.
 */
async function openStepProcess(
  options: StepEngineOptions,
  epochNs: bigint,
): Promise<StepEngine & Mortal> {
  const clock = new WallClock(epochNs)
  const request: EngineRequest = { kind: 'open', options, epochNs }
  let { child, fellBack } = await openEngineProcess(request, undefined, 1)
  const open = async () => {
    child = (await openEngineProcess(request, undefined, OPENINGS)).child
  }
  let deaths = 0
  const reopen = async (error: ChildEnded) => {
    if (++deaths > MOST_DEATHS) throw error
    await open()
  }
  return {
    fellBack,
    get pid() {
      return child.pid
    },
    async run(order, word) {
      const started = clock.now()
      void word.whenYields().then(() => word.yields && child.note(YIELD))
      try {
        const run = await child.ask<StepEngineRun>({ kind: 'steps', order })
        deaths = 0
        return run
      } catch (error) {
        if (!(error instanceof ChildEnded)) throw error
        const ended = clock.now()
        if (options.mortal !== true) await reopen(error)
        return { ...DIED, started, ended }
      }
    },
    async restart() {
      const started = clock.now()
      child.end()
      await child.ended()
      await open()
      return { status: STATUS.ok, started, ended: clock.now() }
    },
    async close() {
      child.end()
      await child.ended()
    },
  }
}

/** Attempts to start a process that ends while it opens the model. */
const OPENINGS = 5
/** More consecutive runs than this that end the process are the fault of the model. */
const MOST_DEATHS = 5

const DIED = {
  ...{ status: STATUS.died, steps: 0, ends: [], answers: [] },
  counts: { used: 0, kept: 0, free: 0 },
} as const

/** Opens a decoder in this thread. Throws `Failure` where it cannot be opened. */
export async function openLocalSteps(
  { file, session: how, generation }: StepEngineOptions,
  epochNs: bigint,
): Promise<StepEngine> {
  const { session, fellBack } = await openSession(file, how)
  const clock = new WallClock(epochNs)
  const decoder = new PagedDecoder(session, generation.cache)
  let from = 0
  const runner = new SequenceRunner({
    decoder,
    tables: () => new BlockTables(generation.cache),
    ended: (factor) => {
      const now = clock.now()
      if (factor > 1) sleepUntil(from + factor * (now - from), clock)
      from = clock.now()
      return from
    },
  })
  await warmUp(decoder, generation)
  return {
    fellBack,
    async run(order, word) {
      const started = clock.now()
      from = started
      const stepped = await runner
        .run(order, () => word.yields)
        .catch((error: unknown) => {
          if (!(error instanceof CannotRun)) throw error
          const text = `cannot run a step on ${how.executionProvider} (${error.message})`
          throw new Failure(`${file.path}: ONNX Runtime ${text}`)
        })
      return { status: STATUS.ok, started, ended: from, counts: runner.counts, ...stepped }
    },
    close: () => session.release(),
  }
}

/** Runs the largest step first, so that the arena does not grow while requests wait. */
async function warmUp(
  decoder: PagedDecoder,
  { cache, sequences, context, promptTokens }: GenerationOptions,
): Promise<void> {
  const tokens = Math.min(context, cache.blocks * cache.blockTokens)
  const blocks = Array.from({ length: Math.ceil(tokens / cache.blockTokens) }, (_, i) => i)
  const decoding = (count: number, past: number) =>
    Array.from({ length: count }, () => ({ blocks, past, token: 0 }))
  const prompt = (length: number) => ({
    ...{ blocks, past: 0, last: true },
    tokens: new Int32Array(length),
  })
  const longest = prompt(Math.min(promptTokens, tokens))
  await decoder.step(decoding(sequences, tokens - 1), [longest])
  await decoder.step([], [longest])
  for (let count = 1; count <= sequences; count++) await decoder.step(decoding(count, 0), [])
  await decoder.step(decoding(1, 0), [prompt(1)])
}

const ASLEEP = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread, as a step does. */
function sleepUntil(until: Ms, clock: WallClock): void {
  Atomics.wait(ASLEEP, 0, 0, Math.max(0, until - clock.now()))
}

import type { InferenceSession } from 'onnxruntime-node'
import { Failure } from '../../../scenarios/index.ts'
import { type Ms, STATUS } from '../../../sim/serving/index.ts'
import { isOutOfMemory } from '../../models/index.ts'
import { openSession } from '../../models/onnx.ts'
import { TokenSlab } from '../../serve/token-slab.ts'
import { WallClock } from '../clock.ts'
import { BlockDecoder } from './block-decoder.ts'
import { BlockTables } from './block-tables.ts'
import type { GenerationOptions } from './generation-options.ts'
import { PagedDecoder } from './paged-decoder.ts'
import { PastDecoder, warmUpPast } from './past-decoder.ts'
import { SequenceRunner } from './sequence-runner.ts'
import { CannotRun, type StepDecoder } from './step-decoder.ts'
import type { StepEngine, StepEngineOptions } from './step-engine.ts'

/** Opens a decoder in this thread. Throws `Failure` where it cannot be opened. */
export async function openLocalSteps(
  { file, session: how, generation, tokens }: StepEngineOptions,
  epochNs: bigint,
): Promise<StepEngine> {
  const { session, fellBack } = await openSession(file, how)
  const clock = new WallClock(epochNs)
  const refuse = (error: unknown): never => {
    if (!(error instanceof CannotRun)) throw error
    const text = `cannot run a step on ${how.executionProvider} (${error.message})`
    throw new Failure(`${file.path}: ONNX Runtime ${text}`)
  }
  const decoder = await openDecoder(session, generation).catch((error: unknown) => {
    if (!isOutOfMemory(error) && !(error instanceof RangeError)) return refuse(error)
    const text = 'memory ran out for the KV cache; use fewer kv_cache.blocks or a smaller context'
    throw new Failure(`${file.path}: ${text}`)
  })
  let from = 0
  const slab = tokens && new TokenSlab(tokens)
  const runner = new SequenceRunner({
    decoder,
    tables: () => new BlockTables(generation.cache),
    ended: (factor) => {
      const now = clock.now()
      if (factor > 1) sleepUntil(from + factor * (now - from), clock)
      from = clock.now()
      return from
    },
    onAnswers: slab && ((answers) => slab.add(answers)),
  })
  return {
    fellBack,
    async run(order, word) {
      const started = clock.now()
      from = started
      const stepped = await runner.run(order, () => word.yields).catch(refuse)
      return { status: STATUS.ok, started, ended: from, counts: runner.counts, ...stepped }
    },
    async close() {
      await decoder.close?.()
      await session.release()
    },
  }
}

/** A decoder that has run its largest step. */
async function openDecoder(
  session: InferenceSession,
  generation: GenerationOptions,
): Promise<StepDecoder> {
  const { layout, cache } = generation
  if (layout.kind === 'past') {
    const decoder = new PastDecoder(session, layout)
    await warmUpPast(decoder, layout, generation)
    return decoder
  }
  const decoder =
    layout.kind === 'blocks'
      ? await BlockDecoder.open(session, layout, cache)
      : new PagedDecoder(session, { ...layout, ...cache })
  await warmUp(decoder, generation)
  return decoder
}

/** Runs the largest step first, so that the arena does not grow while requests wait. */
export async function warmUp(
  decoder: Pick<PagedDecoder, 'step'>,
  { cache, sequences, context, promptTokens }: Omit<GenerationOptions, 'layout'>,
): Promise<void> {
  const tokens = Math.min(context, cache.blocks * cache.blockTokens)
  const blocks = Array.from({ length: Math.ceil(tokens / cache.blockTokens) }, (_, i) => i)
  const decoding = (count: number, past: number) =>
    Array.from({ length: count }, () => ({ blocks, past, token: 0 }))
  const prompt = (length: number, past: number) => ({
    ...{ blocks, past, last: true },
    tokens: new Int32Array(length),
  })
  const prompts = Array.from({ length: Math.ceil(promptTokens / tokens) }, (_, i) => {
    const length = Math.min(tokens, promptTokens - i * tokens)
    // a part of a prompt has the rest of it in the cache
    return prompt(length, tokens - length)
  })
  await decoder.step(decoding(sequences, tokens - 1), prompts)
  await decoder.step([], prompts)
  for (let count = 1; count <= sequences; count++) await decoder.step(decoding(count, 0), [])
  await decoder.step(decoding(1, 0), [prompt(1, 0)])
}

const ASLEEP = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread, as a step does. */
function sleepUntil(until: Ms, clock: WallClock): void {
  Atomics.wait(ASLEEP, 0, 0, Math.max(0, until - clock.now()))
}

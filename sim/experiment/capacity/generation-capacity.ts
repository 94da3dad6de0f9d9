import type { PoolPlan } from '../../serving/index.ts'
import type { EngineTimes } from '../../stats/index.ts'
import type { StepLaw } from '../../world/index.ts'

const REQUESTS = 20_000

type GenerationPlan = NonNullable<PoolPlan['generation']>

/** What a pool that generates can do. */
export interface EngineCapacity {
  /** requests/s */
  readonly rps: number
  readonly times: EngineTimes
}

/**
 * The highest rate, requests/s, at which the queue of a pool that generates stays stable,
 * approximately. Its replicas always decode as many sequences as sequence slots and KV cache allow.
 * A request takes its prefill, its share of each step, and the reads of its context. A request that
 * is rejected for its size takes no capacity, and a prefix cache hits all that it can.
 *
 * All members of a static batch stay for the longest answer, with the longest prompt. A prefill
 * pool has prompts only; `decodesOnly` marks a decode pool, which has none.
 *
 * The step at capacity is divided over its tokens: what it takes for prompts and for reading
 * contexts is by their tokens, and the rest, with the read of the weights, by tokens that decode.
 * So replicas that work at the capacity need all their time at these times of tokens.
 */
export function generationCapacity(
  { replicas, generation }: PoolPlan,
  law: Pick<StepLaw, 'stepMs'>,
  decodesOnly: boolean,
  draw: () => Lengths,
): EngineCapacity {
  if (generation === undefined) throw new Error('Expected a pool that generates')
  const drawn = Array.from({ length: REQUESTS }, draw)
  const held = drawn.filter(
    (request) => neededBlocks(request, generation) <= mostBlocks(generation),
  )
  const requests = held.length > 0 ? held : drawn
  const mean = (of: (request: Lengths) => number) =>
    requests.reduce((sum, request) => sum + of(request), 0) / requests.length
  const { blocks } = generation.kv
  // averaged over time: longer answers count for longer
  const meanBlocks = mean((request) => blockSteps(request, generation)) / mean((r) => r.output)
  const together = Math.min(generation.maxSequences, blocks / meanBlocks)
  const sequences = Math.max(1, Math.floor(together))
  const offered = (1000 * replicas * REQUESTS) / requests.length
  const isStatic = generation.policy === 'static'
  const mostOf = (of: (request: Lengths) => number) =>
    isStatic ? largest(requests.map(of), sequences) : mean(of)
  const steps = mostOf(({ output }) => output)
  const { prefixCache } = generation.kv
  const computed = ({ input, known }: Lengths) => input - (prefixCache ? known : 0)
  if (generation.handOver !== null) {
    const chunks = mean((request) => Math.ceil(computed(request) / generation.tokenBudget))
    const chunk = { prefills: 1 / chunks, prefillTokens: mean(computed) / chunks }
    const chunkMs = law.stepMs({ ...chunk, decodes: 0, context: 0 })
    const promptMs = chunkMs / chunk.prefillTokens
    return { rps: offered / (chunks * chunkMs), times: { decodeMs: 0, promptMs, contextMs: 0 } }
  }
  const context = mean(({ input, output }) => (output - 1) * (input + output / 2))
  // each step has its share of the prompts, decoded tokens and context of all sequences
  const share = sequences / steps
  const step = {
    decodes: sequences - share,
    prefills: share,
    prefillTokens: decodesOnly ? 0 : share * mostOf(computed),
    // what is done is read on in a static batch
    context: isStatic ? sequences * (mean(({ input }) => input) + steps / 2) : share * context,
  }
  // of a static batch, those that are done decode nothing, and padding is no prompt
  const needed = {
    decoded: share * mean(({ output }) => output - 1),
    prompts: share * mean(computed),
    contexts: share * context,
  }
  return { rps: (offered * share) / law.stepMs(step), times: tokenTimes(step, needed, law) }
}

function tokenTimes(
  step: Parameters<StepLaw['stepMs']>[0],
  { decoded, prompts, contexts }: Readonly<Record<'decoded' | 'prompts' | 'contexts', number>>,
  law: Pick<StepLaw, 'stepMs'>,
): EngineTimes {
  const { prefillTokens, context } = step
  const wholeMs = law.stepMs(step)
  const plain = prefillTokens > 0 ? law.stepMs({ ...step, prefills: 0, prefillTokens: 0 }) : wholeMs
  // answers of one token come out with their prompts
  if (!(decoded > 0)) {
    return { decodeMs: 0, promptMs: prefillTokens > 0 ? wholeMs / prompts : 0, contextMs: 0 }
  }
  // a decode pool has the sequences that join in its steps, too
  const unread = prefillTokens > 0 ? { ...step, prefills: 0, prefillTokens: 0 } : step
  const reads = context > 0 ? plain - law.stepMs({ ...unread, context: 0 }) : 0
  return {
    decodeMs: (plain - reads) / decoded,
    promptMs: prefillTokens > 0 ? (wholeMs - plain) / prompts : 0,
    contextMs: contexts > 0 ? reads / contexts : 0,
  }
}

interface Lengths {
  readonly input: number
  readonly output: number
  /** prompt tokens that a prefix cache can hit */
  readonly known: number
}

/** Blocks of a request at its end: the last token is not computed on. */
function neededBlocks({ input, output }: Lengths, { kv, handOver }: GenerationPlan): number {
  return Math.ceil((input + (handOver === null ? output - 1 : 0)) / kv.blockTokens)
}

function mostBlocks({ kv }: GenerationPlan): number {
  return kv.contiguous ? Math.min(1, kv.blocks) : kv.blocks
}

/** The blocks of a request, summed over its steps. */
function blockSteps(request: Lengths, plan: GenerationPlan): number {
  const { input, output } = request
  // members of a static batch stay to its end, with all blocks from the start
  if (plan.policy === 'static') return output * neededBlocks(request, plan)
  const { blockTokens } = plan.kv
  return blocksUpTo(input + output - 1, blockTokens) - blocksUpTo(input - 1, blockTokens)
}

/** The sum of the blocks of 1, 2, … `tokens` tokens. */
function blocksUpTo(tokens: number, blockTokens: number): number {
  const full = Math.floor(tokens / blockTokens)
  return (full + 1) * (tokens - (full * blockTokens) / 2)
}

/** Mean over batches of the largest value. */
function largest(values: readonly number[], batch: number): number {
  let sum = 0
  let batches = 0
  for (let i = 0; i + batch <= values.length; i += batch) {
    let most = 0
    for (let j = i; j < i + batch; j++) most = Math.max(most, values[j]!)
    sum += most
    batches++
  }
  return sum / batches
}

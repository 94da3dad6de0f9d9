import { couldHoldTokens, type Ms, type PoolPlan, type PrefixClass } from '../../serving/index.ts'
import type { EngineTimes } from '../../stats/index.ts'
import type { Backlog, Sequence } from './endless-queue.ts'
import { type EngineWorkDone, type MeanSteps, saturatedWork } from './saturated-engine.ts'

const REQUESTS = 20_000

type GenerationPlan = NonNullable<PoolPlan['generation']>

/** What a pool that generates can do. */
export interface EngineCapacity {
  /** requests/s */
  readonly rps: number
  readonly times: EngineTimes
}

/** What the engines of a pool get. */
export interface EngineTraffic {
  readonly draw: () => Sequence
  readonly classes: readonly PrefixClass[]
  /** whether prompts are computed in another pool */
  readonly decodesOnly: boolean
  /** what times of steps follow from: those that are alike are simulated once; default: none is */
  readonly alike?: string
}

/** Of one replica, by what it follows from. */
const remembered = new Map<string, EngineCapacity>()
const MOST_REMEMBERED = 256

/**
 * The highest rate, requests/s, at which the queue of a pool that generates stays stable: what its
 * replicas serve of a backlog that never ends, each like an engine that is simulated step by step.
 * How many sequences have blocks at once, how prompts fill the budget of a step and what is
 * preempted has no closed form. A request that is rejected for its size takes no capacity, and of
 * the context that a turn carries a prefix cache hits all.
 *
 * The time of that engine is divided over its tokens: a step with prompts is longer by its prompts,
 * contexts take what steps grow by, and the rest, with the read of the weights, is by tokens that
 * decode. So replicas that work at the capacity need all their time at these times of tokens.
 * A request takes its tokens' times, in the mean over all that were drawn.
 */
export function generationCapacity(
  { replicas, generation }: PoolPlan,
  steps: MeanSteps,
  { draw, alike, ...traffic }: EngineTraffic,
): EngineCapacity {
  if (generation === undefined) throw new Error('Expected a pool that generates')
  const drawn = Array.from({ length: REQUESTS }, draw)
  const compute = () => replicaCapacity(generation, steps, drawn, traffic)
  const of =
    alike === undefined
      ? compute()
      : rememberedOr(JSON.stringify([alike, generation, traffic, mixed(drawn)]), compute)
  return { ...of, rps: replicas * of.rps }
}

function rememberedOr(key: string, compute: () => EngineCapacity): EngineCapacity {
  const known = remembered.get(key) ?? compute()
  // the last one that was asked for goes last
  remembered.delete(key)
  remembered.set(key, known)
  if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!)
  return known
}

/** Two numbers that differ where requests do. */
function mixed(sequences: readonly Sequence[]): readonly number[] {
  let [a, b] = [0, 0]
  for (const { class: number, input, output, known } of sequences) {
    for (const value of [number, input, output, known]) {
      a = (Math.imul(a, 31) + value) | 0
      b = Math.imul(b ^ value, 0x01000193)
    }
  }
  return [a, b]
}

/** Of one replica that gets these requests. */
function replicaCapacity(
  generation: GenerationPlan,
  steps: MeanSteps,
  drawn: readonly Sequence[],
  { classes, decodesOnly }: Pick<EngineTraffic, 'classes' | 'decodesOnly'>,
): EngineCapacity {
  const held = drawn.filter((request) =>
    couldHoldTokens(generation.kv, neededTokens(request, generation)),
  )
  // where no request fits, the capacity is that without a limit
  const [requests, plan] = held.length > 0 ? [held, generation] : [drawn, endless(generation)]
  const sequences = decodesOnly ? decodedOnly(requests) : requests
  const backlog = { sequences, classes, caches: plan.kv.prefixCache, decodesOnly }
  const work = saturatedWork(plan, steps, backlog)
  const times = tokenTimes(work)
  const requestMs =
    plan.policy === 'static' ? work.ms / work.ended : meanMs(times, work, requests, backlog)
  return { rps: (1000 * REQUESTS) / (requests.length * requestMs), times }
}

/** Of a request that the engine has, in the mean over all that were drawn. */
function meanMs(
  { decodeMs, promptMs, contextMs }: EngineTimes,
  { admitted, decoded, prompts }: EngineWorkDone,
  requests: readonly Sequence[],
  { caches }: Pick<Backlog, 'caches'>,
): Ms {
  const mean = (of: (request: Sequence) => number) =>
    requests.reduce((sum, request) => sum + of(request), 0) / requests.length
  const answer = mean(({ output }) => output - 1)
  const context = mean(({ input, output }) => (output - 1) * (input + (output - 2) / 2))
  const prompt = mean(({ input, known }) => input - (caches ? known : 0))
  // what is preempted is computed again, also where prompts are computed in another pool
  const computed = admitted > 0 ? (prompt * prompts) / admitted : (answer * prompts) / decoded
  return decodeMs * answer + contextMs * context + promptMs * computed
}

function tokenTimes(work: EngineWorkDone): EngineTimes {
  const { ms, decoded, prompts, contexts } = work
  // answers of one token come out with their prompts
  if (decoded === 0) return { decodeMs: 0, promptMs: ms / prompts, contextMs: 0 }
  return {
    decodeMs: (ms - work.promptMs - work.contextMs) / decoded,
    promptMs: prompts > 0 ? work.promptMs / prompts : 0,
    contextMs: contexts > 0 ? work.contextMs / contexts : 0,
  }
}

/** Those that go on after their prompts; where none does, all as if they went on for a token. */
function decodedOnly(requests: readonly Sequence[]): readonly Sequence[] {
  const decoded = requests.filter(({ output }) => output > 1)
  return decoded.length > 0 ? decoded : requests.map((request) => ({ ...request, output: 2 }))
}

/** Tokens of a request at its end: the last one is not computed on. */
function neededTokens({ input, output }: Sequence, { handOver }: GenerationPlan): number {
  return input + (handOver === null ? output - 1 : 0)
}

function endless(plan: GenerationPlan): GenerationPlan {
  const { context: _, ...kv } = { ...plan.kv, blocks: Number.POSITIVE_INFINITY, contiguous: false }
  return { ...plan, kv }
}

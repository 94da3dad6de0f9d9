import { JsonNode } from '../load-generators/json-node.ts'
import { RecordProblem } from '../request-record.ts'

/** Executions of one batch size. */
export interface SizeCounts {
  readonly size: number
  readonly executions: number
  /** of all of them, from inputs to outputs */
  readonly ms: number
}

/** What a server has counted of a model, in the form of Triton's statistics. */
export interface ModelCounts {
  readonly name: string
  readonly version: string
  /** of the last request, ms since 1970; 0 for none */
  readonly lastAt: number
  readonly answered: number
  readonly failed: number
  /** of answered requests, from their arrival to their end */
  readonly latencyMs: number
  /** of answered requests, from their arrival to the start of their batch */
  readonly queueMs: number
  /** requests that were answered from a cache, without an execution */
  readonly cached: number
  readonly executions: number
  /** by rising size */
  readonly sizes: readonly SizeCounts[]
}

/** Models in the answer of a server to `v2/models/stats`. Throws `RecordProblem`. */
export function modelCounts(text: string): readonly ModelCounts[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new RecordProblem('expected JSON, as a server answers to v2/models/M/stats')
  }
  const list = new JsonNode(document).field('model_stats')
  if (list.absent) throw list.refused('the statistics of models, as Triton states them')
  return [...list.items()].map(countsOf)
}

const MOST = Number.MAX_SAFE_INTEGER
const MS_OF_NS = 1e-6

function countsOf(model: JsonNode): ModelCounts {
  const { value: name } = model.field('name')
  if (typeof name !== 'string' || name === '') throw model.field('name').refused('a name')
  const { value: version } = model.field('version')
  const of = model.field('inference_stats')
  const [success, queue] = [of.field('success'), of.field('queue')]
  const sizes = [...model.field('batch_stats').items()].map(sizeOf)
  sizes.sort((a, b) => a.size - b.size)
  const twice = sizes.find(({ size }, i) => i > 0 && size === sizes[i - 1]!.size)
  if (twice !== undefined) {
    throw model.field('batch_stats').problem(`batch size ${twice.size} is there twice`)
  }
  return {
    ...{ name, version: String(version ?? ''), lastAt: wholeOf(model.field('last_inference'), 0) },
    ...{ answered: countOf(success), failed: countOf(of.field('fail')) },
    ...{ latencyMs: msOf(success), queueMs: msOf(queue) },
    cached: countOf(of.field('cache_hit')),
    executions: wholeOf(model.field('execution_count')),
    sizes,
  }
}

function sizeOf(entry: JsonNode): SizeCounts {
  const parts = ['compute_input', 'compute_infer', 'compute_output'].map((key) => entry.field(key))
  const executions = countOf(parts[1]!)
  const size = wholeOf(entry.field('batch_size'))
  if (size === 0) throw entry.field('batch_size').refused('1 or more')
  return { size, executions, ms: parts.reduce((sum, part) => sum + msOf(part), 0) }
}

const countOf = (durations: JsonNode) => wholeOf(durations.field('count'), 0)
const msOf = (durations: JsonNode) => MS_OF_NS * wholeOf(durations.field('ns'), 0)

/** `absent`: where a server does not state it. */
function wholeOf(node: JsonNode, absent?: number): number {
  const { value } = node
  if (node.absent && absent !== undefined) return absent
  // servers count ns since their start: above 2^53 the last digits are lost, and nothing else
  if (typeof value === 'number' && value >= 0 && Math.trunc(value) === value && value <= MOST) {
    return value
  }
  throw node.refused('a whole number, 0 or more')
}

/** What was counted after `before`. Throws `RecordProblem` where both are not of one server. */
export function countsBetween(before: ModelCounts, after: ModelCounts): ModelCounts {
  const less = (a: number, b: number): number => {
    if (b >= a) return b - a
    const text = 'the second file has counted less: it is of another server, or one started again'
    throw new RecordProblem(`${after.name}: ${text}`)
  }
  const known = new Map(before.sizes.map((of) => [of.size, of]))
  const sizes = after.sizes.map(({ size, executions, ms }) => {
    const earlier = known.get(size) ?? { executions: 0, ms: 0 }
    return { size, executions: less(earlier.executions, executions), ms: less(earlier.ms, ms) }
  })
  const gone = before.sizes.find(({ size }) => !after.sizes.some((of) => of.size === size))
  if (gone !== undefined) less(1, 0)
  return {
    ...{ name: after.name, version: after.version, lastAt: after.lastAt },
    answered: less(before.answered, after.answered),
    failed: less(before.failed, after.failed),
    latencyMs: less(before.latencyMs, after.latencyMs),
    queueMs: less(before.queueMs, after.queueMs),
    cached: less(before.cached, after.cached),
    executions: less(before.executions, after.executions),
    sizes: sizes.filter(({ executions }) => executions > 0),
  }
}

/** Throws `RecordProblem` where counts of the same executions disagree. */
export function expectAgreement({ name, executions, sizes, answered, cached }: ModelCounts): void {
  const bySize = sizes.reduce((sum, of) => sum + of.executions, 0)
  if (bySize !== executions) {
    const text = `batch_stats has ${bySize} executions, and execution_count is ${executions}`
    throw new RecordProblem(`${name}: ${text}`)
  }
  // a request may be a batch of several
  const most = sizes.reduce((sum, of) => sum + of.size * of.executions, 0)
  if (answered - cached <= most) return
  const text = `${answered} requests were answered, and batches have room for ${most}`
  throw new RecordProblem(`${name}: ${text}`)
}

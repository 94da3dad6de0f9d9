import { describeValue } from '../../parse/describe-value.ts'
import { RecordProblem } from '../request-record.ts'

/** A unit of the times in a file. */
export interface FileUnit {
  readonly name: string
  readonly ms: number
}

export const SECONDS: FileUnit = { name: 'seconds', ms: 1e3 }
export const NANOSECONDS: FileUnit = { name: 'nanoseconds', ms: 1e-6 }

/** About the year 5000: a later time is in another unit than its format has. */
const MAX_MS = 1e14
const MAX_TOKENS = 1e9

/** A value of a JSON document, which states its path where it is not as expected. */
export class JsonNode {
  readonly value: unknown
  readonly #key: string | number
  readonly #parent: JsonNode | null

  constructor(value: unknown, key: string | number = '', parent: JsonNode | null = null) {
    this.value = value
    this.#key = key
    this.#parent = parent
  }

  /** "requests[3].end_time"; it is empty for the document itself. */
  get path(): string {
    const parent = this.#parent?.path ?? ''
    if (typeof this.#key === 'number') return `${parent}[${this.#key}]`
    return parent === '' ? this.#key : `${parent}.${this.#key}`
  }

  /** Whether the document has no value here, or null. */
  get absent(): boolean {
    return this.value === undefined || this.value === null
  }

  /** This value, or another one where it is absent. */
  or(other: JsonNode): JsonNode {
    return this.absent ? other : this
  }

  /** A value of a map; it is absent where the map is. */
  field(name: string): JsonNode {
    const { value } = this
    if (this.absent) return new JsonNode(undefined, name, this)
    if (typeof value !== 'object' || Array.isArray(value)) throw this.refused('a map')
    const own = Object.hasOwn(value!, name)
    return new JsonNode(own ? (value as Record<string, unknown>)[name] : undefined, name, this)
  }

  /** The number of items of a list. */
  size(remedy = ''): number {
    if (!Array.isArray(this.value)) throw this.refused('a list', remedy)
    return this.value.length
  }

  item(index: number): JsonNode {
    return new JsonNode((this.value as readonly unknown[])[index], index, this)
  }

  *items(): Generator<JsonNode> {
    const size = this.size()
    for (let index = 0; index < size; index++) yield this.item(index)
  }

  /** A time, in ms. */
  ms(unit: FileUnit): number {
    const ms = typeof this.value === 'number' ? this.value * unit.ms : Number.NaN
    if (ms >= 0 && ms <= MAX_MS) return ms
    throw this.refused(`a number of ${unit.name} from 0 to ${MAX_MS / unit.ms}`)
  }

  /** A time in ms, or NaN where it is absent. */
  msOrNaN(unit: FileUnit): number {
    return this.absent ? Number.NaN : this.ms(unit)
  }

  /** A length, or NaN where it is absent. */
  tokensOrNaN(): number {
    const { value } = this
    if (this.absent) return Number.NaN
    if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_TOKENS) {
      return Number(value)
    }
    throw this.refused(`a whole number of tokens from 0 to ${MAX_TOKENS}`)
  }

  /** That the value is not as expected. */
  refused(expected: string, remedy = ''): RecordProblem {
    return this.problem(`expected ${expected}, got ${describeValue(this.value)}${remedy}`)
  }

  /** A problem at this path. */
  problem(text: string): RecordProblem {
    const { path } = this
    return new RecordProblem(path === '' ? text : `${path}: ${text}`)
  }
}

/**
 * The only item of a list. Several are several loads: arrivals of all of them together are of no
 * load that the server had.
 */
export function onlyItem(list: JsonNode, noun: string): JsonNode {
  const size = list.size()
  if (size === 1) return list.item(0)
  const { path } = list
  const remedy = `; save each as a file of its own, the first with: jq '.${path} |= [.[0]]'`
  throw list.problem(`expected one ${noun}, got ${size}${size > 1 ? remedy : ''}`)
}

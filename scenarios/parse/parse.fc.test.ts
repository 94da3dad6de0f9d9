import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { Failure } from '../failure.ts'
import { starterScenario } from '../load/starter.ts'
import { canonicalJson } from '../schema/canonical.ts'
import { scenarioSchema } from '../schema/schema.ts'
import { parseScenario } from './parse.ts'

const RICH = `spillway: 1
name: rich
duration_s: 60
warmup_s: 1
models:
  enc: { builtin: transformer-encoder, layers: 4, hidden: 64, heads: 4, pad_to: 8 }
  net: { onnx: a.onnx, inputs: { x: { shape: [batch, 3, length], type: int64, fill: tokens } } }
  toy: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } }
traffic:
  - class: a
    arrivals: { process: gamma, cv: 4, schedule: [{ at_s: 0, load: 0.5 }, { at_s: 9, rate_rps: 3 }] }
    input_tokens: { distribution: lognormal, median: 64, p99: 480, max: 512 }
    timeout_ms: 1000
  - class: b
    arrivals: { process: trace, file: a.csv, format: csv, columns: { time: t, input_tokens: n },
                time_unit: iso, window: { from_s: 1, to_s: 2 }, time_scale: 2, max_length: 9 }
  - class: c
    arrivals: { process: poisson, rate_rps: 4, surges: [{ at_s: 6, factor: 6, rise_s: 2 }] }
    input_tokens: { distribution: quantiles, quantiles: [[0, 1], [0.5, 20], [1, 90]] }
slo: { a: ["p(99) latency_ms < 250", "goodput > 99.5%"], c: [] }
pools:
  - { name: p, model: enc, precision: int8, queue: { mode: per-replica, routing: round-robin } }
  - { name: q, model: net, batching: { policy: dynamic, max_batch: 8, preferred: [2, 4] } }
  - { name: r, model: toy, speed: ideal, batching: { policy: fixed, batch: 4 } }
router: { policy: round-robin }
`
const SOURCES = [RICH, starterScenario()]
const DOCUMENTS: readonly unknown[] = SOURCES.map((text) => parse(text))
const JUNK = [null, true, 0, -1, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 1.5, '', 'poisson']
const MORE_JUNK = ['toString', 'x'.repeat(200), '\u0000', 'é\n', [], [[]], [null], {}, { a: {} }]
const VALUES: readonly unknown[] = [...JUNK, ...MORE_JUNK]
const KEYS = ['', '__proto__', 'constructor', 'load', 'builtin', 'a b', '0', 'length', 'work']

/** A scenario either loads, or fails with problems that all have a place in the text. */
function check(text: string, set: readonly string[] = []): 'valid' | 'invalid' {
  try {
    const { scenario } = parseScenario(text, { file: 'f.yaml', set })
    // a valid scenario is a fixed point: reading it again returns it
    expect(canonicalJson(scenarioSchema.parse(scenario))).toBe(canonicalJson(scenario))
    return 'valid'
  } catch (error) {
    if (!(error instanceof Failure))
      throw new Error(`not a Failure for:\n${text}`, { cause: error })
    const lines = text.split(/\r\n|\r|\n/).length
    expect(error.problems.length).toBeGreaterThan(0)
    for (const problem of error.problems) {
      const place = /^f\.yaml:(\d+):(\d+)[: ]/.exec(problem)
      const line = Number(place?.[1] ?? 0)
      const placed = problem.startsWith('--set ') || (line >= 1 && line <= lines)
      if (
        !placed ||
        !/: (expected|remove|unknown key)|expected valid YAML/.test(problem) ||
        BAD.test(problem)
      ) {
        throw new Error(`a bad message: ${problem}\nfor:\n${text}`)
      }
    }
    return 'invalid'
  }
}
const BAD = /undefined|\[object|Invalid input|something else|NaN to|Infinity to/

type Pick = <T>(list: readonly T[]) => T
type Holder = Record<string, unknown>

/** Deletes, renames, retypes, copies or garbles one value of a document. */
function mutate(document: unknown, pick: Pick): void {
  const holders: Holder[] = []
  const collect = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    if (Object.keys(value).length > 0) holders.push(value as Holder)
    for (const inner of Object.values(value)) collect(inner)
  }
  collect(document)
  if (holders.length === 0) return
  const holder = pick(holders)
  const key = pick(Object.keys(holder))
  const value = holder[key]
  const steps = [
    () => delete holder[key],
    () => {
      delete holder[key]
      Object.defineProperty(holder, garbled(key, pick), {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      })
    },
    () => Object.assign(holder, { [key]: structuredClone(pick(VALUES)) }),
    () =>
      Array.isArray(holder)
        ? holder.push(structuredClone(pick(VALUES)))
        : Object.assign(holder, { [pick(KEYS)]: structuredClone(pick(VALUES)) }),
    () => Object.assign(holder, { [key]: structuredClone(pick(Object.values(pick(holders)))) }),
    () =>
      Object.assign(holder, { [key]: typeof value === 'string' ? garbled(value, pick) : value }),
    () =>
      Object.assign(holder, { [key]: typeof value === 'number' ? value * pick(FACTORS) : value }),
  ]
  pick(steps)()
}
const FACTORS = [-1, 0, 0.5, 2, 1000, 1e15]

function garbled(text: string, pick: Pick): string {
  const at = pick([...text].map((_, i) => i)) ?? 0
  const letter = pick([...'aeiou_-.:{}[]"\'#&*!|>%@`\t\n 0'])
  return pick([
    text.slice(0, at) + text.slice(at + 1),
    text.slice(0, at) + letter + text.slice(at),
    text.slice(0, at) + letter + text.slice(at + 1),
    text.slice(0, at),
  ])
}

describe('every mutation of a scenario results in a place and a message', () => {
  const random = seedrandom.alea('scenario mutants')
  const pick: Pick = (list) => list[Math.floor(random() * list.length)]!

  test('4,000 scenarios with up to three values changed', () => {
    const seen = { valid: 0, invalid: 0 }
    for (let i = 0; i < 4000; i++) {
      const document = structuredClone(pick(DOCUMENTS))
      for (let n = pick([1, 1, 1, 2, 3]); n > 0; n--) mutate(document, pick)
      seen[check(stringify(document))]++
    }
    // both results must be frequent, otherwise the mutants would find nothing
    expect(seen.valid).toBeGreaterThan(200)
    expect(seen.invalid).toBeGreaterThan(2000)
  })

  test('2,000 texts with letters changed, lost or cut', () => {
    const seen = { valid: 0, invalid: 0 }
    for (let i = 0; i < 2000; i++) {
      let text = pick(SOURCES)
      for (let n = pick([1, 1, 2, 5]); n > 0; n--) text = garbled(text, pick)
      seen[check(text)]++
    }
    expect(seen.valid).toBeGreaterThan(100)
    expect(seen.invalid).toBeGreaterThan(800)
  })

  test('1,000 overrides', () => {
    const paths = [
      'traffic.a.arrivals.load',
      'pools.0.replicas',
      'models.enc',
      'slo',
      'router',
      'x',
    ]
    for (let i = 0; i < 1000; i++) {
      const value = pick([stringify(pick(VALUES)).trim(), '{ law: x', '[1, {a: 2}]', '*a', '!x 1'])
      check(RICH, [`${pick([garbled, (p: string) => p])(pick(paths), pick)}=${value}`])
    }
  })
})

test('any text either loads or fails with places', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      check(text)
    }),
    { numRuns: 300 },
  )
})

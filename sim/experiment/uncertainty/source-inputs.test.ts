import { describe, expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/load/accelerators.ts'
import { endsOf, factorWithin, type UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { USUAL_ERRORS } from '../../accelerator/index.ts'
import { drawnValue } from '../../stats/index.ts'
import { TRANSFER_WIDTHS } from '../transfer/transfer-widths.ts'
import { commonInputs } from './common-inputs.ts'
import { drawnInputs } from './drawn-inputs.ts'
import { sourceInputs, sourceNotes } from './source-inputs.ts'

const card = (name: string) => shippedAccelerators().find((sheet) => sheet.name === name)!

const SIZE = { layers: 2, hidden: 64, heads: 2, vocabulary: 100 }
const FITTED = { accelerator: 't4', precision: 'fp16', error: 0.03, worst: 0.05, width: 0.09 }
const LAWS = [
  { compute: 0.4, memory: 0.7 },
  { compute: 0.5, memory: 0.6 },
  { compute: 0.6, launch_us: 4 },
]

const encoder = (efficiency?: object) => ({ law: 'transformer-encoder', ...SIZE, efficiency })

const T4 = { accelerator: card('t4'), precision: 'fp16' }

/** Models by the work of each, each in a pool of its own. */
function system(works: Readonly<Record<string, object>>, pool: object = T4) {
  const names = Object.keys(works)
  return scenarioOf({
    models: Object.fromEntries(names.map((name) => [name, { work: works[name] }])),
    traffic: names.map((name) => ({
      class: name,
      model: name,
      arrivals: { process: 'poisson', rate_rps: 10 },
    })),
    pools: names.map((name) => ({ name, model: name, ...pool })),
  })
}

const inputsOf = (work: object, pool?: object) => sourceInputs(system({ m: work }, pool), [])

/** The middle 95 % of a speed. */
const middle = (input: UncertainInput) => [0.025, 0.975].map((p) => drawnValue(input, p))

const TABLE = { law: 'table', sizes: [1, 8], ms: [3, 10] }

describe('the speed of a model', () => {
  test('of a fit where it was made is within the width that the fit states', () => {
    const [input, ...others] = inputsOf(encoder({ fitted: FITTED }))
    expect(others).toEqual([])
    expect(input).toMatchObject({ name: 'speed of m', model: 'm', value: 1, source: 'fit' })
    expect(input!.law).toEqual(factorWithin(0.09))
    const [low, high] = middle(input!)
    // tails are cut
    expect(low).toBeCloseTo(1 / 1.09, 2)
    expect(high).toBeCloseTo(1.09, 2)
  })

  test('of a fit without a width is as wide as normal errors with its median are', () => {
    const { width: _, ...fitted } = FITTED
    const [input] = inputsOf(encoder({ fitted }))
    // half of normal errors are within 0.674 deviations, and 95 % within 1.96
    const half = Math.log(1.03) / 0.6745
    const [low, high] = middle(input!)
    expect(Math.log(high!)).toBeCloseTo(1.96 * half, 2)
    expect(Math.log(low!)).toBeCloseTo(-1.96 * half, 2)
  })

  test.each([
    [{ accelerator: card('a100-sxm-40') }, 'card'],
    [{ precision: 'int8' }, 'precision'],
    [{ accelerator: card('l4'), precision: 'int8' }, 'card+precision'],
  ])('of a fit that is used elsewhere is what such transfers missed by: %#', (pool, key) => {
    const [input] = inputsOf(encoder({ fitted: FITTED, alternatives: LAWS }), { ...T4, ...pool })
    const { low, high, median } = TRANSFER_WIDTHS.encoder[key]!
    expect(input!.source).toBe('transfer')
    expect(endsOf(input!.law)).toEqual([1 + low, 1 + high])
    expect(drawnValue(input!, 0.25)).toBeCloseTo(1 - median, 10)
    expect(drawnValue(input!, 0.5)).toBeCloseTo(1, 10)
    expect(drawnValue(input!, 0.75)).toBeCloseTo(1 + median, 10)
  })

  test('of a transfer that was never measured is not known', () => {
    expect(inputsOf(encoder({ fitted: FITTED }), { ...T4, partition: 0.5 })).toEqual([])
  })

  test('of usual efficiencies is what these missed on that card, or on all', () => {
    const [input] = inputsOf(encoder())
    expect(input!.source).toBe('catalogue')
    const [least, , middleError, , most] = USUAL_ERRORS.encoder.t4!
    expect(endsOf(input!.law)).toEqual([1 + least, 1 + most])
    expect(drawnValue(input!, 0.5)).toBeCloseTo(1 + middleError, 10)
    const [unmeasured] = inputsOf(encoder(), { ...T4, accelerator: card('l4') })
    const all = USUAL_ERRORS.encoder.any
    expect(endsOf(unmeasured!.law)).toEqual([1 + all[0], 1 + all[4]])
  })

  test('of efficiencies that nothing was fitted to, or of a declared law, is not known', () => {
    expect(inputsOf(encoder({ compute: 0.4 }))).toEqual([])
    expect(inputsOf({ law: 'linear', base_ms: 12 }, {})).toEqual([])
  })

  test('of a table of measurements is assumed to be ± 10 %', () => {
    for (const work of [
      TABLE,
      { law: 'throughput', concurrency: [1, 8], throughput_rps: [50, 90] },
    ]) {
      const [input] = inputsOf(work, { batching: { policy: 'dynamic', max_batch: 8 } })
      expect(input).toMatchObject({ source: 'benchmark', law: factorWithin(0.1) })
    }
  })

  test('in several pools is the widest of theirs', () => {
    const both = scenarioOf({
      models: { m: { work: encoder({ fitted: FITTED }) } },
      pools: [
        { name: 'home', model: 'm', ...T4 },
        { name: 'away', model: 'm', ...T4, accelerator: card('a100-sxm-40') },
      ],
    })
    expect(sourceInputs(both, []).map(({ source }) => source)).toEqual(['transfer'])
  })
})

describe('the speed of a model in two systems is one unknown', () => {
  const unknowns = (...each: readonly UncertainInput[][]) => commonInputs(each).inputs.length
  const usual = encoder()
  const elsewhere = { ...T4, accelerator: card('a100-sxm-40') }

  test('where its times are the same, whatever else differs', () => {
    for (const work of [encoder({ fitted: FITTED }), usual, TABLE]) {
      expect(unknowns(inputsOf(work), inputsOf(work, { ...T4, replicas: 3 }))).toBe(1)
    }
  })

  test('and not on another card, or of other measurements', () => {
    expect(unknowns(inputsOf(usual), inputsOf(usual, elsewhere))).toBe(2)
    const fitted = encoder({ fitted: FITTED })
    const l4 = { ...T4, accelerator: card('l4') }
    expect(unknowns(inputsOf(fitted, elsewhere), inputsOf(fitted, l4))).toBe(2)
    expect(unknowns(inputsOf(TABLE), inputsOf({ ...TABLE, ms: [3, 11] }))).toBe(2)
  })
})

describe('what the scenario states of the times of a model', () => {
  const works = { a: encoder({ fitted: FITTED, alternatives: LAWS }), b: TABLE }
  const stated = (name: string, model: string | null): UncertainInput => ({
    ...{ name, model, value: 1, whole: false },
    law: factorWithin(0.5),
  })
  const names = (inputs: readonly UncertainInput[]) =>
    sourceInputs(system(works), inputs).map(({ name }) => name)

  test('takes the place of all that its sources state, and of no other model', () => {
    expect(names([])).toEqual(['speed of a', 'laws of a', 'speed of b'])
    expect(names([stated('speed of a', 'a')])).toEqual(['speed of b'])
    expect(names([stated('models.a.work.efficiency.memory', null)])).toEqual(['speed of b'])
    expect(names([stated('models.b.work.ms.1', null)])).toEqual(['speed of a', 'laws of a'])
  })

  test('does not where it is of something else', () => {
    const rate = stated('traffic.a.arrivals.rate_rps', null)
    expect(names([rate])).toEqual(['speed of a', 'laws of a', 'speed of b'])
  })

  test('does so once: inputs that were added are not added again', () => {
    const of = system(works)
    const inputs = sourceInputs(of, [])
    expect(sourceInputs(of, inputs)).toEqual([])
  })
})

describe('laws that fit as well', () => {
  const inputs = inputsOf(encoder({ compute: 0.45, fitted: FITTED, alternatives: LAWS }))
  const ofLaws = inputs.find(({ laws }) => laws !== undefined)!

  test('are one input, whose stated value is the stated law, and each is as likely', () => {
    expect(ofLaws).toMatchObject({ name: 'laws of m', model: null, value: 0, source: 'fit' })
    const setAt = (u: number) => drawnInputs([ofLaws], [drawnValue(ofLaws, u)]).set
    expect(drawnInputs([ofLaws], [ofLaws.value])).toEqual({ set: [], speeds: {} })
    const path = 'models.m.work.efficiency'
    const drawn = Array.from({ length: 100 }, (_, i) => setAt((i + 0.5) / 100).join())
    const counts = new Map<string, number>()
    for (const set of drawn) counts.set(set, (counts.get(set) ?? 0) + 1)
    expect([...counts]).toEqual([
      [`${path}.compute=0.4,${path}.memory=0.7`, 25],
      [`${path}.compute=0.5,${path}.memory=0.6`, 25],
      ['', 25],
      [`${path}.compute=0.6,${path}.launch_us=4`, 25],
    ])
  })

  test('and their places at both ends are those of the first and the last', () => {
    const [first, last] = [-0.5, 0.5].map((place) => drawnInputs([ofLaws], [place]).set[0])
    expect([first, last]).toEqual([
      'models.m.work.efficiency.compute=0.4',
      'models.m.work.efficiency.compute=0.6',
    ])
  })

  test('may be of a law of steps', () => {
    const work = {
      ...{ law: 'generation', base_ms: 10, per_sequence_ms: 0.1 },
      fitted: { error: 0.02 },
      alternatives: [{ base_ms: 8, per_sequence_ms: 0.2 }],
    }
    const of = scenarioOf({
      models: { m: { work } },
      traffic: [
        {
          class: 'web',
          arrivals: { process: 'poisson', rate_rps: 1 },
          output_tokens: { distribution: 'fixed', value: 10 },
        },
      ],
      pools: [{ name: 'gpu', model: 'm', generation: { policy: 'continuous' } }],
    })
    const laws = sourceInputs(of, [])[1]!
    expect(laws.laws).toEqual([
      ['models.m.work.base_ms=8', 'models.m.work.per_sequence_ms=0.2'],
      [],
    ])
  })
})

test('notes name what is assumed, and of which times nothing is known', () => {
  const of = system({ a: encoder({ fitted: FITTED }), b: TABLE, c: { law: 'constant', ms: 3 } })
  expect(sourceNotes(of, sourceInputs(of, []))).toEqual([
    'times of b are measurements without a width: ± 10 % is assumed; state yours as `speed of b` under uncertain',
    'no width is known of the times of c: the wider interval takes them as stated; give one as `speed of c` under uncertain',
  ])
  const known = system({ a: encoder({ fitted: FITTED }) })
  expect(sourceNotes(known, sourceInputs(known, []))).toEqual([])
})

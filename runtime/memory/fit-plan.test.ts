import { describe, expect, test } from 'vitest'
import type { ArenaLog, ArenaRun, ProfiledNode, Shape } from './arena-log.ts'
import { fitPlan } from './fit-plan.ts'

const WEIGHTS = [100, 28]
const inputs = [
  { name: 'x', type: 'float32', shape: ['batch', 'length'], fill: 'normal', vocabulary: 0 },
] as const

interface Node {
  readonly frees?: number
  readonly takes?: number
  readonly outputs?: readonly number[]
  readonly name?: string
}

/** What a profile would say of nodes that free and take so much. */
function logOf(nodes: (b: number, l: number) => readonly Node[], output = 4): ArenaLog {
  const shapes: Shape[] = [1, 2, 3, 5, 7, 11].flatMap((b): Shape[] => [
    [b, 8],
    [b, 24],
    [b, 40],
    [b, 104],
  ])
  const runs = shapes.map(([b, l]): ArenaRun => {
    let requested = WEIGHTS.reduce((sum, bytes) => sum + bytes)
    const profiled = nodes(b, l).map((node, i): ProfiledNode => {
      const { frees = 0, takes = 0, outputs = [takes], name = `node ${i}` } = node
      requested += takes - frees
      const known = { name, requested, requestedDelta: takes, outputs }
      return { ...known, inUse: 0, inUseDelta: 0, peak: 0 }
    })
    return { shape: [b, l], extensions: [], outputs: [output * b], nodes: profiled }
  })
  return { reserved: WEIGHTS, runs, process: process() }
}

const process = () => ({ startedMib: 0, loadedMib: 0, peakMib: 0, endedMib: 0 })
const term = (terms: object) => ({
  ...{ fixed: 0, perLength: 0, perItem: 0, perToken: 0, perTokenSquared: 0 },
  ...terms,
})

describe('the plan of a model', () => {
  test('takes what nodes took, frees what was freed before them, and keeps what comes out', () => {
    const found = fitPlan(
      logOf((b, l) => [
        { takes: 8 * b * l },
        { takes: 24 * b * l, outputs: [8 * b * l, 16 * b * l] },
        { frees: 24 * b * l, takes: 4 * b },
      ]),
      inputs,
    )
    expect(found).toEqual({
      plan: {
        weights: WEIGHTS,
        steps: [
          { take: term({ perToken: 8 }), kind: 'activation' },
          { take: term({ perToken: 8 }), kind: 'activation' },
          { take: term({ perToken: 16 }), kind: 'activation' },
          { free: 0 },
          { free: 2 },
          { take: term({ perItem: 4 }), kind: 'output' },
          { free: 1 },
        ],
        inputs: [['batch', 'length']],
      },
    })
  })

  test('tells buffers apart that are of one size in some runs, by the others', () => {
    const found = fitPlan(
      logOf((b, l) => [
        { takes: 8 * b },
        { takes: b * l },
        { frees: b * l, takes: 4 * b },
        { frees: 8 * b },
      ]),
      inputs,
    )
    // at length 8 both are as large
    expect('plan' in found && found.plan.steps.slice(2, 3)).toEqual([{ free: 1 }])
  })

  test.each<[string, (b: number, l: number) => readonly Node[]]>([
    ['no polynomial', (b, l) => [{ takes: b * l ** 3 }, { takes: 4 * b }]],
    ['no buffers add up', (b) => [{ takes: 8 * b }, { frees: 7 * b, takes: 4 * b }]],
    ['memory is taken before', (b) => [{ takes: 8 * b }, { frees: -b, takes: 4 * b }]],
    ['frees memory while', (b) => [{ takes: 8 * b }, { takes: -8 * b }, { takes: 4 * b }]],
    ['the same nodes', (b) => [{ takes: 4 * b, name: b > 5 ? 'other' : 'one' }]],
    ['no buffer of its own', (b) => [{ takes: 8 * b }]],
  ])('is not known where it says %s', (words, nodes) => {
    const found = fitPlan(logOf(nodes), inputs)
    expect('problem' in found && found.problem).toContain(words)
  })
})

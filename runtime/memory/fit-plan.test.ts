import { describe, expect, test } from 'vitest'
import type { ArenaLog, ArenaRun, GraphNode, ProfiledNode, Shape } from './arena-log.ts'
import { fitPlan, weightsApart } from './fit-plan.ts'

const WEIGHTS = [100, 28]
const inputs = [
  { name: 'x', type: 'float32', shape: ['batch', 'length'], fill: 'normal', vocabulary: 0 },
] as const
const file = { inputs, bytes: 1028 }

interface Node {
  /** "Op input input"; the node is named after its first output */
  readonly of: string
  /** bytes of its outputs */
  readonly outputs: Readonly<Record<string, number>>
  readonly frees?: number
  readonly takes?: number
}

/** The profile of nodes that free and allocate these bytes; `y` is the output. */
function logOf(nodes: (b: number, l: number) => readonly Node[]): ArenaLog {
  const shapes: Shape[] = [1, 2, 3, 5, 7, 11].flatMap((b): Shape[] => [
    [b, 8],
    [b, 24],
    [b, 40],
    [b, 104],
  ])
  const runs = shapes.map(([b, l]): ArenaRun => {
    let requested = WEIGHTS.reduce((sum, bytes) => sum + bytes)
    const profiled = nodes(b, l).map(({ of, outputs, frees = 0, takes = 0 }): ProfiledNode => {
      const names = Object.keys(outputs)
      const [op = ''] = of.split(' ')
      requested += takes - frees
      const known = { name: names[0]!, op, requested, requestedDelta: takes }
      return { ...known, inUse: 0, inUseDelta: 0, peak: 0, outputs: Object.values(outputs) }
    })
    return { shape: [b, l], extensions: [], nodes: profiled }
  })
  const process = { startedMib: 0, loadedMib: 0, peakMib: 0, endedMib: 0 }
  const graph = nodes(1, 8).map(({ of, outputs }): GraphNode => {
    const [op = '', ...from] = of.split(' ')
    return { op, inputs: from, outputs: Object.keys(outputs) }
  })
  return { graph: { nodes: graph, outputs: ['y'] }, reserved: WEIGHTS, runs, process }
}

const term = (terms: object) => ({
  fixed: 0,
  perLength: 0,
  perItem: 0,
  perToken: 0,
  perTokenSquared: 0,
  ...terms,
})
const small = (b: number) => 4 * b
const large = (b: number, l: number) => 8 * b * l

/** Allocations and frees of the plan as numbers: 0, 1, -0, … */
function orderOf(log: ArenaLog): string {
  const found = fitPlan(log, file)
  if ('problem' in found) return found.problem
  let taken = 0
  return found.plan.steps.map((step) => ('take' in step ? taken++ : `-${step.free}`)).join(' ')
}

describe('the plan of a model', () => {
  test('allocates as nodes did, frees what was freed before a node, and keeps outputs', () => {
    const found = fitPlan(
      logOf((b, l) => [
        { of: 'Mul x', outputs: { a: large(b, l) }, takes: large(b, l) },
        {
          of: 'Split a',
          outputs: { c: large(b, l), d: 2 * large(b, l) },
          takes: 3 * large(b, l),
        },
        { of: 'Sum c d', outputs: { y: small(b) }, frees: large(b, l), takes: small(b) },
      ]),
      file,
    )
    expect(found).toEqual({
      plan: {
        weights: WEIGHTS,
        apartBytes: 900,
        steps: [
          { take: term({ perToken: 8 }), kind: 'activation' },
          { take: term({ perToken: 8 }), kind: 'activation' },
          { take: term({ perToken: 16 }), kind: 'activation' },
          { free: 0 },
          { take: term({ perItem: 4 }), kind: 'output' },
          { free: 1 },
          { free: 2 },
        ],
        inputs: [['batch', 'length']],
      },
    })
  })

  test('frees the buffer of a value that is no longer used, not another buffer of its size', () => {
    const order = (last: string) =>
      orderOf(
        logOf((b, l) => [
          { of: 'Mul x', outputs: { a: large(b, l) }, takes: large(b, l) },
          { of: 'Mul x', outputs: { c: large(b, l) }, takes: large(b, l) },
          { of: `Sum ${last === 'a' ? 'c' : 'a'}`, outputs: { d: small(b) }, takes: small(b) },
          {
            of: `Sum ${last} d`,
            outputs: { y: small(b) },
            frees: large(b, l),
            takes: small(b),
          },
        ]),
      )
    expect(order('a')).toBe('0 1 2 -1 3 -0 -2')
    expect(order('c')).toBe('0 1 2 -0 3 -1 -2')
  })

  test('places a value in a dead buffer, or over its input if the op does that', () => {
    const order = (op: string) =>
      orderOf(
        logOf((b, l) => [
          { of: 'Mul x', outputs: { a: large(b, l) }, takes: large(b, l) },
          { of: 'Mul a', outputs: { c: large(b, l) }, takes: large(b, l) },
          { of: `${op} c`, outputs: { d: large(b, l) } },
          { of: 'Mul d', outputs: { e: large(b, l) } },
          { of: 'Sum e', outputs: { y: small(b) }, frees: large(b, l), takes: small(b) },
        ]),
      )
    // c is in 1; d goes to 0, where a died, so e goes to 1, and 0 is freed
    expect(order('MatMul')).toBe('0 1 -0 2 -1')
    // d stays in 1, so that e goes to 0
    expect(order('Erf')).toBe('0 1 -1 2 -0')
  })

  test('backtracks if later frees contradict a choice', () => {
    const order = orderOf(
      logOf((b, l) => [
        { of: 'Mul x', outputs: { a: large(b, l) }, takes: large(b, l) },
        { of: 'Other a', outputs: { c: large(b, l) } },
        { of: 'Sum c', outputs: { y: small(b) }, takes: small(b) },
      ]),
    )
    // no buffer died before, so this op overwrites its input although it is not in the list
    expect(order).toBe('0 1 -0')
  })

  test('is unknown if the graph has other nodes', () => {
    const log = logOf((b) => [{ of: 'Sum x', outputs: { y: small(b) }, takes: small(b) }])
    expect(orderOf(log)).toBe('0')
    const [node] = log.graph!.nodes
    for (const nodes of [[], [node!, node!], [{ ...node!, op: 'Mul' }]]) {
      expect(orderOf({ ...log, graph: { nodes, outputs: ['y'] } })).toContain('other nodes than')
    }
  })

  test.each<[string, (b: number, l: number) => readonly Node[]]>([
    [
      'no polynomial',
      (b, l) => [
        { of: 'Mul x', outputs: { a: b * l ** 5 }, takes: b * l ** 5 },
        { of: 'Sum a', outputs: { y: small(b) }, takes: small(b) },
      ],
    ],
    [
      'no buffers add up',
      (b) => [
        { of: 'Mul x', outputs: { a: 8 * b }, takes: 8 * b },
        { of: 'Mul a', outputs: { c: 8 * b }, takes: 8 * b },
        { of: 'Sum c', outputs: { y: small(b) }, frees: 7 * b, takes: small(b) },
      ],
    ],
    [
      'memory is taken before',
      (b) => [
        { of: 'Mul x', outputs: { a: 8 * b }, takes: 8 * b },
        { of: 'Sum a', outputs: { y: small(b) }, frees: -b, takes: small(b) },
      ],
    ],
    [
      'frees memory while',
      (b) => [
        { of: 'Mul x', outputs: { a: 8 * b }, takes: 8 * b },
        { of: 'Sum a', outputs: { y: small(b) }, takes: -8 * b },
      ],
    ],
    ['other bytes than', (b) => [{ of: 'Sum x', outputs: { y: small(b) }, takes: 5 * b }]],
    [
      'a buffer is kept',
      (b) => [
        { of: 'Mul x', outputs: { a: 8 * b }, takes: 8 * b },
        { of: 'Mul a', outputs: { c: 4 * b }, takes: 4 * b },
        { of: 'Sum c', outputs: { y: small(b) }, takes: small(b) },
      ],
    ],
    [
      'the same nodes',
      (b) => [{ of: 'Sum x', outputs: { [b > 5 ? 'z' : 'y']: small(b) }, takes: small(b) }],
    ],
    ['no buffer of its own', (b) => [{ of: 'Mul x', outputs: { a: small(b) }, takes: small(b) }]],
  ])('is unknown, with the problem %s', (words, nodes) => {
    expect(orderOf(logOf(nodes))).toContain(words)
  })
})

test("weights are outside the arena as far as the file is larger than the arena's reservations", () => {
  expect(weightsApart(1000, [300, 100])).toBe(600)
  // kernels may pack them wider than they are in the file
  expect(weightsApart(1000, [600, 800])).toBe(0)
})

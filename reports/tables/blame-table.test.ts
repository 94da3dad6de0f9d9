import { describe, expect, test } from 'vitest'
import { type Blamed, blameSchema } from '../../sim/documents/index.ts'
import { blameFlows } from '../charts/latency/blame-flows.ts'
import { blameText } from '../terminal/blame-text.ts'
import { blameFindings, causeRows, changeRows, groupRows, topRows } from './blame-table.ts'

const NO_WAIT = {
  other_requests: 0,
  batch_wait: 0,
  memory: 0,
  model_load: 0,
  lost_replicas: 0,
  cold_start: 0,
  engine_admission: 0,
  other_prompts: 0,
  other_decodes: 0,
}
const group = (
  from_tokens: number,
  to_tokens: number,
  rest: Partial<Blamed['groups'][number]>,
) => ({
  class: 'web',
  from_tokens,
  to_tokens,
  requests: 0,
  caused_ms: 0,
  length_ms: 0,
  victims: 0,
  waited_ms: 0,
  ...rest,
})
const ratio = (value: number, difference: 'lower' | 'none found') => ({
  value,
  low: 0.9 * value,
  high: 1.1 * value,
  difference,
  reason: null,
})

/** One long request in a hundred causes half of the waiting; a replica more halves p99. */
function sample(own: Partial<Blamed> = {}): Blamed {
  return blameSchema.parse({
    document: 'spillway-blame',
    format: 1,
    version: '0',
    commit: null,
    scenario: { name: 'mixed', hash: '0', description: '' },
    seed: 1,
    profile: null,
    world: 'simulated',
    runs: 1,
    requests: 5000,
    waited_ms: 1000,
    causes: { ...NO_WAIT, other_requests: 800, batch_wait: 200 },
    groups: [
      group(1, 10, { requests: 4950, caused_ms: 400, victims: 90, waited_ms: 790 }),
      group(500, 512, { requests: 50, caused_ms: 400, victims: 70, waited_ms: 10 }),
    ],
    flows: [
      [395, 5],
      [395, 5],
    ],
    top: [
      {
        run: 1,
        request: 7,
        class: 'web',
        tokens: 512,
        dispatched_ms: 1234,
        runs_ms: 50,
        batch_size: 1,
        caused_ms: 90,
        victims: 3,
        longest: [{ request: 8, class: 'web', tokens: 3, both_ms: 49 }],
      },
    ],
    bottleneck: {
      name: 'queue',
      pool: 'central',
      bound: 'bandwidth',
      percentile: 0.99,
      latency_ms: 40,
      requests: 50,
      parts: { send: 0, ...NO_WAIT, other_requests: 45, overhead: 0, service: 5 },
    },
    first_tokens: [],
    objectives: 'open',
    replications: 10,
    changes: [
      {
        name: 'one-more-replica',
        set: ['pools.central.replicas=2'],
        helps: true,
        latency: ratio(0.5, 'lower'),
        goodput: ratio(1, 'none found'),
        ttft: null,
        refused: null,
      },
      {
        name: 'precision-int8',
        set: ['pools.central.precision=int8'],
        helps: false,
        latency: null,
        goodput: null,
        ttft: null,
        refused: 'the profile has no int8',
      },
    ],
    next: 'one-more-replica',
    limits: ['rows do not show everything'],
    warnings: [],
    command: 'spillway blame mixed',
    ...own,
  })
}

describe('blame in words', () => {
  test('names the group that exceeds its share most, the bottleneck with its roofline, and the change', () => {
    expect(blameFindings(sample())).toEqual([
      '1.0 % of the requests (web 500–512) cause 50 % of the waiting for others: 50 times their share',
      'The bottleneck from p99 (40 ms) on is the queue for an executor in pool central: 90 % of the latency; its batches are bound by bandwidth',
      'The next change: one-more-replica (p99 −50 %)',
    ])
  })

  test('names the row of the table that exceeds its share by most, a whole class where that does', () => {
    // the long ones are 5 % of the requests and cause 60 %, a tenth of them 12 times their share
    const groups = [
      group(1, 10, { class: 'short', requests: 9500, caused_ms: 400 }),
      group(400, 500, { requests: 456, caused_ms: 480 }),
      group(501, 900, { requests: 44, caused_ms: 120 }),
    ]
    const document = sample({ groups, flows: [] })
    const finding = '5.0 % of the requests (web 400–900) cause 60 % of the waiting for others'
    expect(blameFindings(document)[0]).toContain(finding)
    const row = groupRows(document).find(([name]) => name === 'web 400–900')!
    expect([row[1], row[3]]).toEqual(['5.0 %', '60 %'])
  })

  test('states that no change was tried where every objective passes', () => {
    const passing = sample({ objectives: 'pass', changes: [], next: null })
    const said = 'Every objective passes, so no change is called for and none was tried'
    expect(blameFindings(passing).at(-1)).toBe(said)
    expect(blameText(passing)).not.toContain('Ratios')
  })

  test('states what the slowest first tokens of an engine wait for', () => {
    const parts = { send: 0, ...NO_WAIT, other_prompts: 560, overhead: 0, service: 40 }
    const first = { class: 'web', percentile: 0.95, ttft_ms: 590, requests: 50, parts }
    const engine = sample({ first_tokens: [first] })
    expect(blameFindings(engine)).toContain(
      'First tokens of web from p95 (590 ms) on: 93 % of the time is for prompts of other requests',
    )
    expect(blameText(engine)).toMatch(/^prompts of others +560 ms$/m)
  })

  test('states where no request waited for another, and where no change helps', () => {
    const groups = sample().groups.map((one) => ({ ...one, caused_ms: 0 }))
    const causes = { ...NO_WAIT, batch_wait: 200 }
    const idle = sample({ groups, causes, flows: [[0], [0]], top: [], next: null })
    const [blamed, , next] = blameFindings(idle)
    expect(blamed).toBe('No request waited for another one')
    expect(next).toBe('No single change of the 1 that were tried helps')
    expect(groupRows(idle)).toEqual([])
    expect(topRows(idle)).toEqual([])
    expect(blameFlows(idle, 890)).toBeNull()
  })

  test('a cause that took no time has no row, and a refused change is in the notes', () => {
    expect(causeRows(sample()).map(([name]) => name)).toEqual([
      ...['waiting for', 'other requests', 'batch wait', 'all, of 5,000 requests'],
    ])
    expect(changeRows(sample())).toHaveLength(2)
    const text = blameText(sample())
    expect(text).toContain('Not possible: precision-int8: the profile has no int8')
    expect(text).toContain('Limit: rows do not show everything.')
  })

  test('the chart has a cell for each pair of groups, darkest where most was waited', () => {
    const spec = blameFlows(
      sample({
        flows: [
          [1, 2],
          [3, 800],
        ],
      }),
      890,
    )!
    const [layer] = (spec as unknown as { layer: { data: { values: { opacity: number }[] } }[] })
      .layer
    const shades = layer!.data.values.map(({ opacity }) => opacity)
    expect(shades).toHaveLength(4)
    // the longest requests are the first row
    expect(Math.max(...shades)).toBe(shades[1])
  })
})

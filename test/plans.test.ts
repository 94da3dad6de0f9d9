import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planHtml, planText } from '../reports/index.ts'
import { configurationText } from '../reports/tables/plan-table.ts'
import { plan } from '../runtime/jobs/plan/plan.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { EXIT } from '../scenarios/index.ts'
import { type Plan, planSchema } from '../sim/documents/index.ts'
import { put, temporaryFolder } from './spillway.ts'

/** Plans of a small scenario, searched by processes as the command does. */

const SMALL = `spillway: 1
name: small
duration_s: 20
models: { net: { work: { law: linear, base_ms: 6, per_item_ms: 3 } } }
traffic: [{ class: web, arrivals: { process: poisson, load: 0.9 } }]
slo: { web: ["p(95) latency_ms < 40"] }
pools:
  - { name: server, model: net, price_usd_per_hour: 0.5, batching: { policy: dynamic, max_batch: 4 } }
`
const folder = temporaryFolder()
const file = put(folder, 'small.yaml', SMALL)
const SET = ['pools.server.replicas=1..4', 'pools.server.batching.max_batch=0,2,4,16']

afterAll(closeSimulations)

test('the lengths of a trace that is held are changed', async () => {
  const rows = Array.from({ length: 2000 }, (_, i) => `${i / 100},${40 + (i % 30)}`)
  put(folder, 'rows.csv', ['t,n', ...rows].join('\n'))
  const text = `spillway: 1
name: traced
duration_s: 20
models: { net: { work: { law: linear, base_ms: 6, per_token_ms: 0.2 } } }
traffic: [{ class: web, arrivals: { process: trace, file: rows.csv, format: csv, columns: { time: t, input_tokens: n }, time_unit: s } }]
slo: { web: ["p(50) latency_ms < 90"] }
pools:
  - { name: server, model: net, price_usd_per_hour: 0.5, batching: { policy: none } }
`
  const set = ['pools.server.replicas=3,4']
  const { sensitivity } = await plan(put(folder, 'traced.yaml', text), { set, replications: 6 })
  const { less, more } = sensitivity.find(({ what }) => what === 'lengths')!
  expect(less.value!).toBeLessThan(more.value!)
})

describe('a plan', () => {
  let document: Plan
  beforeAll(async () => {
    document = await plan(file, { set: SET, replications: 6, command: 'spillway plan small.yaml' })
  })

  test('is the same with one process as with all, and a valid document', async () => {
    const command = 'spillway plan small.yaml'
    const alone = await plan(file, { set: SET, replications: 6, command, workers: 1 })
    expect(alone).toEqual(document)
    expect(planSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
  })

  test('has the cheapest row that meets first, and the scenario as it stands among its rows', () => {
    const winner = document.rows[document.winner!]!
    expect(winner).toMatchObject({ rank: 1, verdict: 'MEETS', cost: 0.5 * replicasOf(winner) })
    const words = configurationText(document, winner)
    expect(words).toMatch(new RegExp(`^${replicasOf(winner)} replicas?\\b`))
    const meeting = document.rows.filter(({ verdict }) => verdict === 'MEETS')
    expect(meeting.map(({ rank }) => rank)).toEqual(meeting.map((_, i) => i + 1))
    expect(Math.min(...meeting.map(({ cost }) => cost!))).toBe(winner.cost)
    const today = document.rows.filter((row) => row.today)
    expect(today.map(({ figures, cost_vs_today }) => [figures.pools[0]!.replicas, cost_vs_today]))
      // today's is one of the grid, at its cost
      .toEqual([[1, 0]])
    const next = document.rows[document.next_cheaper ?? -1]
    if (next) expect(next.cost).toBeLessThan(winner.cost!)
  })

  test('gives all configurations the same traffic, also where load is a share of the capacity', () => {
    // replication r of every configuration draws the same arrivals
    const rates = document.rows.map(
      ({ figures: { classes, replications } }) => classes[0]!.arrived / replications,
    )
    expect(
      new Set(document.rows.map(({ figures }) => figures.pools[0]!.replicas)).size,
    ).toBeGreaterThan(1)
    for (const rate of rates) expect(Math.abs(rate / rates[0]! - 1)).toBeLessThan(0.05)
    expect(document.notes.join()).toContain("load in the traffic is a share of today's capacity")
  })

  test('has the figures of a simulation of the same configuration', async () => {
    const row = document.rows.find(({ today }) => today)!
    const system = await loadSystem(file)
    const { objectives } = await simulate(system, { replications: row.figures.replications })
    expect(row.figures.objectives).toEqual(objectives)
  })

  test('accounts for every configuration of the space once, invalid ones with their problem', () => {
    const skipped = document.skipped.reduce((sum, { configurations: n }) => sum + n, 0)
    expect(document.rows.length + skipped).toBe(document.configurations)
    const invalid = document.skipped.find(({ reason }) => reason === 'invalid')!
    expect(invalid.configurations).toBe(4)
    expect(invalid.problem).toMatch(/max_batch/)
  })

  test('has headroom and sensitivity of the winner: more rate and less speed are worse', () => {
    expect(document.headroom!.holds).toBeGreaterThanOrEqual(1)
    expect(document.max_rate_rps).toBeCloseTo(document.headroom!.holds! * document.rate_rps, 6)
    const sensitivityOf = (what: string) =>
      document.sensitivity.find((entry) => entry.what === what)!
    expect(sensitivityOf('rate').more.value).toBeGreaterThan(sensitivityOf('rate').less.value!)
    expect(sensitivityOf('speed').more.value).toBeLessThan(sensitivityOf('speed').less.value!)
    // nothing here has lengths
    expect(document.sensitivity.map(({ what }) => what)).toEqual(['rate', 'speed'])
  })

  test('leaves out headroom and sensitivity where they are not asked for', async () => {
    const without = { headroom: false, sensitivity: false }
    const short = await plan(file, { set: SET, replications: 6, ...without })
    expect(short).toMatchObject({ headroom: null, max_rate_rps: null, sensitivity: [] })
    expect(short.rows).toEqual(document.rows)
    expect(short.replica_use).toEqual(document.replica_use)
    expect(planText(short)).not.toContain('Headroom')
    expect(await planHtml(short)).not.toContain('What moves the answer')
  })

  test('has a text and a page: the answer, the table, the search', async () => {
    const text = planText(document)
    expect(text).toMatch(
      /^The cheapest configuration that holds every objective at 95 % .* is \d replicas?, max_batch/,
    )
    expect(text).toMatch(/rank +replicas +max_batch +verdict/)
    expect(text).toMatch(/1 \(today\)/)
    expect(text).toMatch(/Skipped 4: invalid: .*max_batch/)
    const page = await planHtml(document)
    expect(page).toContain('id="front"')
    expect(page).toContain('id="tornado"')
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
  })
})

const replicasOf = ({ figures }: Plan['rows'][number]) => figures.pools[0]!.replicas

describe('a plan without prices or without a winner', () => {
  test('counts replicas, and says so; a configuration beside the space is a row', async () => {
    const unpriced = put(folder, 'unpriced.yaml', SMALL.replace('price_usd_per_hour: 0.5, ', ''))
    const document = await plan(unpriced, { set: ['pools.server.replicas=2,3'], replications: 6 })
    expect(document.cost_unit).toBe('replicas')
    expect(document.notes.join()).toMatch(
      /cost counts replicas: pools.server has no price_usd_per_hour/,
    )
    expect(document.rows.find(({ today }) => today)!.set).toEqual([])
    expect(planText(document)).toMatch(/as is \(today\)/)
  })

  test('marks configurations beyond the measured batches, in rows and in a note', async () => {
    const measured = SMALL.replace(/law: linear[^}]*/, 'law: table, sizes: [1, 4], ms: [6, 12] ')
    const path = put(folder, 'measured.yaml', measured)
    const document = await plan(path, {
      set: ['pools.server.replicas=2,3', 'pools.server.batching.max_batch=4,8'],
      replications: 6,
    })
    const beyond = document.rows.filter(({ figures }) => figures.extrapolated.length > 0)
    expect(beyond.length).toBeGreaterThan(0)
    expect(beyond.every(({ set }) => set.includes('pools.server.batching.max_batch=8'))).toBe(true)
    expect(document.notes.join()).toMatch(
      /of \d configurations .* beyond the measured batches .* up to 8 requests \(measured: 4\)/,
    )
  })

  test('takes none by times that are extrapolated, however cheap', async () => {
    const measured = SMALL.replace(/law: linear[^}]*/, 'law: table, sizes: [1, 2], ms: [6, 9] ')
    const path = put(folder, 'small-batches.yaml', measured.replace('< 40', '< 400'))
    const found = await plan(path, {
      set: ['pools.server.replicas=1,2', 'pools.server.batching.max_batch=2,8'],
      replications: 6,
    })
    const of = (...set: string[]) =>
      found.rows.find((row) => set.every((to) => row.set.includes(to)))
    const large = of('pools.server.replicas=1', 'pools.server.batching.max_batch=8')!
    expect([large.verdict, large.p_meets, large.figures.verdict]).toEqual([
      'UNDECIDED',
      0,
      'UNDECIDED',
    ])
    expect(large.objectives[0]!.reason).toContain('extrapolated for')
    expect(found.rows[found.winner!]!.set).toEqual([
      'pools.server.replicas=2',
      'pools.server.batching.max_batch=2',
    ])
    expect(planText(found)).toMatch(/cheaper configurations? undecided, such as .* measure up to/)
  })

  test('has the peak beside the mean where traffic surges', async () => {
    const surge = 'surges: [{ at_s: 4, factor: 3, hold_s: 3 }]'
    const surging = put(folder, 'surging.yaml', SMALL.replace(/load: 0.9/, `load: 0.3, ${surge}`))
    const set = ['pools.server.replicas=1..8']
    const { peak_rate_rps: peak, ...document } = await plan(surging, { set, replications: 6 })
    expect(peak! / document.rate_rps).toBeGreaterThan(1.5)
    expect(planText({ ...document, peak_rate_rps: peak! })).toMatch(
      /\(at most [\d,]+ requests\/s in the mean and [\d,]+ at the peak; now [\d,]+ and [\d,]+\)/,
    )
    expect(planText(document)).toMatch(/\(at most [\d,]+ requests\/s; now [\d,]+ requests\/s\)/)
  })

  test('names the surest configuration where none meets', async () => {
    const set = ['pools.server.replicas=1,2', 'slo.web=["p(95) latency_ms < 5"]']
    const document = await plan(file, { set, replications: 6 })
    expect(document).toMatchObject({ winner: null, headroom: null, sensitivity: [] })
    expect(planText(document)).toMatch(/^None of 2 configurations holds every objective/)
    expect(await planHtml(document)).toContain('No configuration holds every objective')
  })
})

describe('a plan of scaled pools', () => {
  const SCALED = SMALL.replace('load: 0.9', 'rate_rps: 200').replace(
    'price_usd_per_hour: 0.5,',
    'price_usd_per_hour: 0.5, scaling: { policy: hpa, metrics: [{ metric: concurrency, target: 2 }], initial: 4, max: 6, start_s: { distribution: fixed, value: 1 } },',
  )
  const path = put(folder, 'scaled.yaml', SCALED)
  const set = [
    'pools.server.scaling.metrics.0.target=2,8',
    'pools.server.scaling.scale_down.stabilization_s=0,300',
  ]

  test('costs what its runs paid for, as a simulation of the same configuration says', async () => {
    const document = await plan(path, { set, replications: 6 })
    expect(planSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
    expect(document.monotone).toEqual({ compared: 0, against: [] })
    expect(document.rows).toHaveLength(4)
    for (const { cost, paid, figures } of document.rows) {
      expect(paid!.value).toBeCloseTo(cost!, 12)
      expect(cost).toBeCloseTo(0.5 * figures.pools[0]!.replicas, 12)
      expect(cost).not.toBeCloseTo(0.5 * 6, 3)
    }
    const row = document.rows.find(({ today }) => today)!
    const { cost } = await simulate(await loadSystem(path), {
      replications: row.figures.replications,
    })
    expect(cost!.usd_per_hour).toBeCloseTo(row.cost!, 12)
    const winner = document.rows[document.winner!]!
    const meeting = document.rows.filter(({ verdict }) => verdict === 'MEETS')
    expect(winner.cost).toBe(Math.min(...meeting.map((row) => row.cost!)))
    expect(planText(document)).toMatch(/replicas paid/)
    expect(planText(document)).toMatch(/what runs paid for after the warm-up/)
    expect(await planHtml(document)).not.toMatch(/NaN|undefined|Infinity/)
    // twenty seconds are no month
    expect(document.paid_hours).toEqual({ counted_s: 20, whole_days: false })
    expect(planText(document)).toMatch(/an hour \(\$[\d,]+ a month of such hours\)/)
    const legend = /A month has 730 hours; with scalers each is as the mean of the 20 s of this/
    expect(planText(document)).toMatch(legend)
    expect(await planHtml(document)).toMatch(legend)
  })

  test('takes a pool without a scaler as a choice beside it, at its price in advance', async () => {
    const fixed = '{ name: server, model: net, price_usd_per_hour: 0.5, replicas: 2 }'
    const scaled = SCALED.slice(SCALED.indexOf('{ name: server')).trim()
    const document = await plan(path, {
      set: [`pools.server=${scaled},${fixed}`],
      replications: 6,
    })
    expect(document.rows.map(({ paid }) => paid === null).sort()).toEqual([false, true])
    expect(document.rows.find(({ paid }) => paid === null)!.cost).toBe(1)
  })

  test('needs values to search', async () => {
    await expect(plan(path)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringMatching(
        /pools.server.scaling: a plan of scaled pools needs values to search, such as --set/,
      ),
    })
  })
})

test.each([
  [{ set: ['slo={}'] }, EXIT.invalidInput, /a plan needs an objective: state one under slo/],
  [{ set: ['pools.server.replcas=1..3'] }, EXIT.invalidInput, /did you mean replicas/],
  [{ set: ['pools.server.speed=-500..-1'] }, EXIT.invalidInput, /^(.+\n){20}… and 480 more$/],
  [{ set: ['traffic.web.arrivals.load=0.5,0.6'] }, EXIT.usage, /same traffic and objectives/],
  [{ set: ['pools.server.replicas=1..300', 'duration_s=1..300'] }, EXIT.usage, /give one value/],
  [
    { set: ['pools.server.replicas=1..200', 'pools.server.batching.max_batch=1..200'] },
    EXIT.usage,
    /40,000 configurations, a plan takes at most 20,000/,
  ],
  [{ replays: 1 }, EXIT.invalidInput, /declared work, which cannot run live; simulate supports it/],
  [
    { set: ['slo.web=["p(99.999) latency_ms < 40"]'] },
    EXIT.undecided,
    /cannot be judged: p99.999 needs 10,000,000 requests in each run, got .*; raise duration_s/,
  ],
])('%j is refused with exit code %i', async (options, exitCode, message) => {
  await expect(plan(file, options)).rejects.toMatchObject({
    exitCode,
    message: expect.stringMatching(message),
  })
})

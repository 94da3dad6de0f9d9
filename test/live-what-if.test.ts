import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { readRows } from '../runtime/folders/rows-file.ts'
import {
  type Comparison,
  comparisonSchema,
  type Result,
  resultSchema,
  type WhatIf,
} from '../sim/documents/index.ts'
import { latenciesOf } from '../sim/experiment/index.ts'
import { percentile } from '../sim/stats/index.ts'
import { auditOf } from './live-audit.ts'
import { changed, QUICK, TINY } from './scenarios.ts'
import {
  commandsIn,
  type Ended,
  expectRefusal,
  filesIn,
  put,
  readJson,
  temporaryFolder,
} from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/**
 * What-if runs from end to end in real sessions; nothing here depends on the speed of the machine.
 * On one that is busy beyond measure whole replays alternate in place of slices, as a warning
 * states, rounds may not count, and the machine may have changed between both sides.
 */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const ROUNDS = 3
/** QUICK takes 1.5 s, which are one block. */
const SLICE_MS = 750
const CHANGE = 'pools.central.batching.max_batch=1'
const PROFILE = ['--profile', 'out/profile.json']

put(folder, 'tiny.yaml', QUICK)

const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const comparison = () => comparisonSchema.parse(readJson(join(folder, 'out/comparison.json')))
const measured = (name: string) => resultSchema.parse(readJson(join(folder, name, 'measured.json')))

/** The rounds that count, from 0: other programs may hold up one or all, and then all are shown. */
function countedRounds(): number[] {
  const poor = new Set(comparison().what_if!.not_counted.map(({ round }) => round))
  const rounds = Array.from({ length: ROUNDS }, (_, round) => round)
  return poor.size === ROUNDS ? rounds : rounds.filter((round) => !poor.has(round))
}

/** Whether both sides were cut into slices: a calibration beside others may find it too slow. */
function inSlices(): boolean {
  const sliced = comparison().what_if!.slice_ms !== null
  const why = measured('out').warnings.some((warning) =>
    warning.includes('alternate in whole replays'),
  )
  expect(sliced).toBe(!why)
  return sliced
}

/** Where the control kernel differs by more, no verdict is of the change alone. */
const MOST_CONTROL = 0.02

/** The verdict on a what-if by those of its percentiles. */
function verdictBy({ percentiles, control, not_counted, rounds }: WhatIf): string {
  const order = ['FAIL', 'UNDECIDED', 'PASS']
  const drifted = control !== null && Math.abs(Math.log(control)) > MOST_CONTROL
  if (drifted || not_counted.length === rounds) return 'UNDECIDED'
  return (
    order.find((candidate) => percentiles.some(({ verdict }) => verdict === candidate)) ??
    'UNDECIDED'
  )
}

/** Every round of a folder. */
async function runsOf(name: string) {
  const paths = Array.from({ length: ROUNDS }, (_, i) => `${name}/replay-${i + 1}.parquet`)
  return Promise.all(paths.map((path) => readRows(join(folder, path))))
}

const rowsOf = async (name: string) => (await runsOf(name)).map(({ rows }) => rows)

/** The exit code of `compare` matches its verdict; returns the document without the command. */
async function compared(...args: string[]): Promise<Omit<Comparison, 'command'>> {
  const quick = ['--replications', '10', '--json']
  const ended = await run('compare', ...args, ...quick)
  const { command: _, ...document } = comparisonSchema.parse(JSON.parse(ended.stdout))
  expectExitBy({ ...document, document: 'spillway-comparison' }, ended)
  return document
}

function expectRefused(ended: Ended, code: number, words: string | RegExp): void {
  expectRefusal(ended, code, folder)
  expect(ended.stderr).toMatch(words)
}

beforeAll(async () => {
  const played = ['--rehearsals', '1', '--replays', `${ROUNDS}`]
  const quick = ['--seconds', '1', ...played, '--replications', '10']
  const change = ['--against-set', CHANGE]
  const ended = await run('run', 'tiny.yaml', ...change, ...quick, '--out', 'out')
  expect(ended.code, ended.stderr).toBe(0)
  expect(ended.stdout).toContain('max_batch: 4 → 1')
})

describe('run with a second side', () => {
  test('names the change, and gives a verdict on the predicted ratio', () => {
    const { what_if: whatIf, checks, scenario, requests, replays } = comparison()
    expect(whatIf).toMatchObject({
      changes: ['pools.central.batching.max_batch: 4 → 1'],
      rounds: ROUNDS,
      requests,
    })
    expect(replays).toBe(ROUNDS)
    // a round of 1.5 s is one block, in slices and as a whole
    expect(whatIf).toMatchObject({
      slice_ms: inSlices() ? SLICE_MS : null,
      blocks: countedRounds().length,
      control: expect.any(Number),
    })
    expect(whatIf!.scenario.hash).not.toBe(scenario.hash)
    expect(whatIf!.percentiles[0]!.p).toBe(0.5)
    expect(checks.what_if!.verdict).toBe(verdictBy(whatIf!))
  })

  test('compares the ratio of both measured sides in each round', async () => {
    const sorted = async (name: string) =>
      (await rowsOf(name)).map((rows) => latenciesOf(rows, 250).sorted)
    const [a, b] = [await sorted('out'), await sorted('out/against')]
    for (const { p, each, n } of comparison().what_if!.percentiles) {
      expect(n).toBe(a[0]!.length)
      const rounds = countedRounds().map((played, round) => {
        const [before, after] = [percentile(a[played]!, p), percentile(b[played]!, p)]
        return { round, a: before, b: after, ratio: after / before }
      })
      expect(each).toEqual(rounds)
      for (const { ratio } of rounds) expect(ratio).not.toBe(1)
    }
  })

  test('replays both sides in slices, between which nothing is asked, in one run each', async () => {
    for (const name of ['out', 'out/against']) {
      for (const { rows, control = [] } of await runsOf(name)) {
        expect(control.map(({ at }) => at)).toEqual(inSlices() ? [0, SLICE_MS] : [0])
        for (const { ms } of control) expect(ms).toEqual([expect.any(Number)])
        const { at, batch } = rows.columns
        const inGap = at.filter((time) => time >= 0.95 * SLICE_MS && time < SLICE_MS)
        if (inSlices()) expect([...inGap]).toEqual([])
        // batches are numbered through: it is one run of one control plane
        expect(new Set(batch).size).toBe(Math.max(...batch) + 1)
      }
    }
  })

  test('probes idle executors before slices, by which a speed of B is predicted', async () => {
    for (const name of ['out', 'out/against']) {
      const runs = await runsOf(name)
      const batches = runs.flatMap(({ probes = [], control = [] }) => {
        const starts = control.map(({ at }) => at)
        for (const { at } of probes) expect(starts).toContain(at)
        return probes.flatMap((probe) => probe.batches)
      })
      expect(batches.length).toBeGreaterThan(0)
      const largest = name === 'out' ? 4 : 1
      for (const { executor, size, ms, gap, idleMs } of batches) {
        expect(executor).toBe(0)
        expect(size).toBeLessThanOrEqual(largest)
        expect(ms).toBeGreaterThan(0)
        expect(gap + 1e-6).toBeGreaterThanOrEqual(idleMs)
      }
    }
    for (const { pool, low, factor, high, passes } of comparison().what_if!.idle ?? []) {
      expect(pool).toBe('central')
      expect(passes).toBeGreaterThan(1)
      expect(low).toBeLessThanOrEqual(factor)
      expect(factor).toBeLessThanOrEqual(high)
    }
  })

  test('replays the same requests on both sides, one under each configuration', async () => {
    expect(text('out/against/requests.jsonl')).toBe(text('out/requests.jsonl'))
    const largest = (rows: readonly { columns: { batchSize: Int16Array } }[]) =>
      Math.max(...rows.map(({ columns }) => Math.max(...columns.batchSize)))
    expect(largest(await rowsOf('out/against'))).toBe(1)
    expect(largest(await rowsOf('out'))).toBeGreaterThan(1)
    expect(largest(await rowsOf('out'))).toBeLessThanOrEqual(4)
  })

  test('keeps the second side in a separate folder, which passes an audit as the first does', async () => {
    const rows = Array.from({ length: ROUNDS }, (_, i) => `replay-${i + 1}.parquet`)
    const simulated = ['simulated.json']
    const files = ['measured.json', 'requests.jsonl', 'scenario.json', ...simulated, ...rows]
    expect(filesIn(join(folder, 'out/against'))).toEqual(files.sort())
    for (const name of ['out', 'out/against']) {
      const { verdict, reason, runs, claims } = await auditOf(run, name)
      expect(verdict, reason).toBe('PASS')
      expect(runs).toHaveLength(ROUNDS)
      expect(claims.length).toBeGreaterThan(10)
      expect(measured(name)).toMatchObject({ world: 'measured', runs: ROUNDS })
    }
    expect(measured('out/against').scenario).toEqual(comparison().what_if!.scenario)
    expect(comparison().checks.audit.reason).toContain(`${2 * ROUNDS} runs`)
  })

  test('writes a comparison that matches its published schema', async () => {
    const published = await run('schema', '--document', 'comparison')
    const schema = z.fromJSONSchema(JSON.parse(published.stdout))
    const document = readJson(join(folder, 'out/comparison.json')) as Comparison
    expect(schema.safeParse(document).error?.issues ?? []).toEqual([])
    const { what_if: whatIf } = document
    const broken = { ...document, what_if: { ...whatIf, rounds: 'three' } }
    expect(schema.safeParse(broken).success).toBe(false)
  })

  test('shows the change in its report; without one, the report does not mention it', async () => {
    const html = text('out/report.html')
    expect(html).toContain('<figure id="what-if">')
    expect(html).toContain('pools.central.batching.max_batch: 4\u00a0→\u00a01')
    mkdirSync(join(folder, 'plain'))
    cpSync(join(folder, 'out'), join(folder, 'alone'), { recursive: true })
    rmSync(join(folder, 'alone/against'), { recursive: true })
    cpSync(join(folder, 'out/measured.json'), join(folder, 'plain/measured.json'))
    put(
      folder,
      'plain/comparison.json',
      JSON.stringify({ ...(await compared('alone')), command: 'none' }),
    )
    const ended = await run('report', 'plain', '--out', 'plain')
    expect(ended.code, ended.stderr).toBe(0)
    expect(text('plain/report.html')).not.toContain('what-if')
  })
})

describe('compare', () => {
  test('finds both sides in the folder, and gives the same result', async () => {
    const { command: _, ...first } = comparison()
    expect(await compared('out')).toEqual(first)
  })

  test('without the second side gives the same result, except for the what-if', async () => {
    const { command: _, ...first } = comparison()
    const { what_if: whatIf, checks, verdict: __, ...rest } = await compared('alone')
    expect([whatIf, checks.what_if]).toEqual([null, null])
    expect({ ...first, ...rest }).toEqual(first)
    const { structure, prediction } = first.checks
    expect(checks).toMatchObject({ structure, prediction })
    expect(checks.audit.reason).toContain(`${ROUNDS} runs`)
  })

  test('with a different number of rounds on the two sides is refused', async () => {
    cpSync(join(folder, 'out'), join(folder, 'fewer'), { recursive: true })
    rmSync(join(folder, 'fewer/against/replay-3.parquet'))
    const lost = await run('compare', 'fewer')
    expectRefused(lost, 3, 'fewer/against: has 2 of 3 replays')
    const result: Result = { ...measured('out/against'), runs: 2 }
    put(folder, 'fewer/against/measured.json', JSON.stringify(result))
    const uneven = await run('compare', 'fewer')
    expectRefused(uneven, 6, 'fewer/against: has 2 replays, but fewer has 3')
  })
})

describe('a second side', () => {
  test('that equals the first one is A/A: the predicted ratio is 1', async () => {
    // a name is no change
    put(folder, 'renamed.yaml', changed(QUICK, ['name: tiny', 'name: renamed']))
    const played = ['--rehearsals', '1', '--replays', '2']
    const quick = [...played, '--replications', '10', '--out', 'same']
    const ended = await run('run', 'tiny.yaml', ...PROFILE, '--against', 'renamed.yaml', ...quick)
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toContain('What if (A → B): A/A: no change; ')
    const { what_if: whatIf } = await compared('same')
    expect(whatIf).toMatchObject({ changes: [], scenario: { name: 'renamed' }, rounds: 2 })
    expect(whatIf!.percentiles.length).toBeGreaterThan(0)
    for (const { predicted, measured: ratio, a, b } of whatIf!.percentiles) {
      expect(predicted).toMatchObject({ value: 1, low: 1, high: 1 })
      // both sides were measured, and not one of them twice
      expect(ratio.value).toBeCloseTo(b / a, 12)
      expect(ratio.value).not.toBe(1)
    }
    const html = text('same/report.html')
    expect(html).toContain('A/A: no change')
    const override = ['--against-set', 'pools.central.batching.max_batch=4', '--replays', '1']
    const replayed = await run('replay', 'tiny.yaml', ...PROFILE, ...override, '--out', 'aa')
    expect(replayed.code, replayed.stderr).toBe(0)
    expect(filesIn(join(folder, 'aa/against'))).toContain('replay-1.parquet')
  })

  test('whose model is not in the profile is refused before any replay', async () => {
    const wider = ['--against-set', 'models.mlp.width=32']
    const ended = await run('replay', 'tiny.yaml', ...PROFILE, ...wider, '--out', 'wider')
    expectRefused(ended, 6, /has no mlp 2x32 /)
    expect(ended.stderr).not.toContain('replay 1')
    expect(existsSync(join(folder, 'wider/against'))).toBe(false)
  })

  test('may be another scenario; what overrides the first overrides it too', async () => {
    const otherText = changed(
      QUICK,
      ['name: tiny', 'name: other'],
      ['max_batch: 4', 'max_batch: 2'],
    )
    put(folder, 'other.yaml', otherText)
    const args = ['--against', 'other.yaml', '--set', 'duration_s=1', '--set', 'warmup_s=0']
    const ended = await run(
      'replay',
      'tiny.yaml',
      ...PROFILE,
      ...args,
      '--replays',
      '2',
      '--out',
      'both',
    )
    expect(ended.code, ended.stderr).toBe(0)
    for (const [name, expected] of [
      ['both', 'tiny'],
      ['both/against', 'other'],
    ] as const) {
      expect(measured(name)).toMatchObject({ scenario: { name: expected }, runs: 2, duration_s: 1 })
      expect((await auditOf(run, name)).verdict).toBe('PASS')
      expect(ended.stdout).toContain(expected)
    }
    // in slices, or where this machine is too slow for them, in whole replays
    expect(ended.stderr).toMatch(/replay 2 of 2, (sides in slices|side [AB]) …/)
  })

  test('alternates in whole replays where clients react, and a warning says why', async () => {
    const retry = '    timeout_ms: 200\n    retry: { max_attempts: 2, backoff_ms: 5 }'
    const reacting = changed(QUICK, ['  - class: web', `  - class: web\n${retry}`])
    put(folder, 'retry.yaml', reacting)
    const options = ['--replays', '4', '--against-set', CHANGE, '--out', 'retry']
    const ended = await run('replay', 'retry.yaml', ...PROFILE, ...options)
    expect(ended.code, ended.stderr).toBe(0)
    const why =
      'A and B alternate in whole replays, not in slices: side A: what clients of web send depends on how their requests end'
    expect(measured('retry').warnings).toContain(why)
    expect(measured('retry/against').warnings).not.toContain(why)
    // each round has both sides, and every other round the reverse order
    const order = [...ended.stderr.matchAll(/replay (\d) of 4, side ([AB]) …/g)]
    const sides = order.map(([, , side]) => side).join('')
    expect(order.map(([, round]) => round).join('')).toBe('11223344')
    expect(sides).toMatch(/^(ABBA|BAAB){2}$/)
  })

  test('gets its load at the rate of the first side, though its capacity is another', async () => {
    put(folder, 'load.yaml', changed(TINY, ['rate_rps: 150', 'load: 0.02'], ['_s: 3', '_s: 1']))
    const twice = 'pools.central.replicas=2'
    const options = ['--replays', '1', '--out', 'loaded']
    const ended = await run('replay', 'load.yaml', ...PROFILE, '--against-set', twice, ...options)
    expect(ended.code, ended.stderr).toBe(0)
    expect(text('loaded/against/requests.jsonl')).toBe(text('loaded/requests.jsonl'))
    expect(measured('loaded/against').load).toBeCloseTo(measured('loaded').load! / 2, 9)
    // by its own capacity it would have other requests
    const atCapacity = await run('requests', 'load.yaml', ...PROFILE, '--set', twice)
    expect(atCapacity.stdout.length).toBeGreaterThan(text('loaded/requests.jsonl').length)
  })
})

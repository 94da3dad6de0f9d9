import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sweepText } from '../../../reports/index.ts'
import { type Sweep, sweepSchema } from '../../../sim/documents/index.ts'
import { put, temporaryFolder } from '../../../test/spillway.ts'
import { ANSWERS_FILE } from '../../folders/sweep-answers.ts'
import { writeManifest } from '../../folders/sweep-folder.ts'
import { JOURNAL_FILE } from '../../folders/sweep-journal.ts'
import { closeSimulations } from '../simulations/simulation-processes.ts'
import { mergeShards } from './merge.ts'
import { type SweepOptions, sweep } from './sweep.ts'
import type { Shard } from './sweep-plan.ts'

/** The answer of a sweep whose inputs are not known. */

afterAll(closeSimulations)

const folder = temporaryFolder()

interface Wanted {
  readonly limit?: number
  readonly rate?: string
  readonly service?: string
}

/** An M/M/1 queue at a load of 0.5 has a p95 of 60 ms. */
const scenario = ({ limit = 70, rate = '50 ± 10 %', service = '10 ± 10 %' }: Wanted = {}) =>
  put(
    folder,
    'queue.yaml',
    `spillway: 1
name: queue
duration_s: 100
warmup_s: 5
models: { m: { work: { law: exponential, mean_ms: ${service} } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: ${rate} } }]
slo: { web: ["p(95) latency_ms < ${limit}"] }
pools: [{ name: p, model: m, price_usd_per_hour: 1 }]
`,
  )

interface Swept {
  readonly document: Sweep
  /** what its progress named */
  readonly phases: ReadonlySet<string>
}

async function swept(
  set: readonly string[],
  { path = scenario(), shard, ...options }: SweepOptions & { path?: string; shard?: Shard } = {},
): Promise<Swept> {
  const phases = new Set<string>()
  const onProgress = (phase: string, done: number, of: number) => {
    phases.add(phase)
    options.onProgress?.(phase, done, of)
  }
  const request = { path, set, replications: 6, shard }
  const { document, close } = await sweep(request, { ...options, onProgress })
  await close()
  return { document, phases }
}

const REPLICAS = ['pools.p.replicas=1..3']
const triedNumbers = ({ answer }: Sweep) => answer!.tried.map(({ configuration }) => configuration)
const isDrawing = (phase: string) => phase.includes('drawing uncertain inputs')

describe('the answer of a sweep with uncertain inputs', () => {
  test('is the cheapest that holds with them, and names one that holds at stated values only', async () => {
    const { document } = await swept(REPLICAS)
    const { answer, best, counts, warnings } = document
    expect([counts.PASS, best, answer!.configuration]).toEqual([3, 1, 2])
    expect(triedNumbers(document)).toEqual([1, 2])
    const [single, two] = answer!.tried
    expect([single!.verdict, two!.verdict]).toEqual(['UNDECIDED', 'PASS'])
    expect(Math.abs(single!.p_holds! - 0.9)).toBeLessThan(0.06)
    expect(single!.p_holds).toBe(single!.objectives[0]!.with_inputs!.p_holds)
    expect(answer!.untried).toBe(1)
    expect(warnings).toEqual([expect.stringContaining('the answer is with uncertain inputs')])
    // the table is of the stated values
    expect(document.rows.map(({ figures }) => figures!.verdict)).toEqual(['PASS', 'PASS', 'PASS'])
    const [text] = sweepText(document, null).split('\n')
    expect(text).toMatch(
      /^All 3 configurations hold every objective at the stated inputs; the cheapest that was found to hold with uncertain inputs, too, is no\. 2 \(replicas 2, 2 USD an hour\): .* At the stated inputs the cheapest is no\. 1 \(replicas 1, 1 USD an hour\), which holds every objective with a probability of [\d.]+ %$/,
    )
    expect(sweepSchema.parse(document)).toEqual(document)
  })

  test('is the best at the stated values where that holds, and no other is tried', async () => {
    const { document } = await swept(REPLICAS, { path: scenario({ limit: 200 }) })
    expect(document.answer).toMatchObject({ configuration: 1, untried: 2 })
    expect(triedNumbers(document)).toEqual([1])
    expect(sweepText(document, null)).toMatch(/; the cheapest is no\. 1 .* with uncertain inputs/)
  })

  test('is none where none that was tried holds, with the surest', async () => {
    const { document } = await swept(['seed=1,2'])
    expect(document.answer).toMatchObject({ configuration: null, untried: 0 })
    expect(triedNumbers(document).toSorted()).toEqual([1, 2])
    expect(sweepText(document, null)).toMatch(
      /; with uncertain inputs none of the 2 that were tried does\. The surest is no\. [12] /,
    )
  })

  test('passes over the others of a price whose fastest is likely not to hold', async () => {
    // the stated rate is at the lower end of what it may be
    const path = put(
      folder,
      'optimistic.yaml',
      `${readFileSync(scenario({ rate: '50', service: '10' }), 'utf8')}uncertain:
  traffic.web.arrivals.rate_rps: { distribution: uniform, min: 49, max: 80 }
`,
    )
    const { document } = await swept(['pools.p.replicas=1,2', 'seed=1..3'], { path })
    expect(document.counts.PASS).toBe(6)
    const [first, second, ...more] = triedNumbers(document)
    expect(first).toBeLessThanOrEqual(3)
    expect(second).toBeGreaterThan(3)
    expect(more).toEqual([])
    expect(document.answer).toMatchObject({ configuration: second, untried: 4 })
  })

  test('does not depend on the number of processes', async () => {
    const [alone, both] = [
      await swept(REPLICAS, { workers: 1 }),
      await swept(REPLICAS, { workers: 2 }),
    ]
    expect(both.document).toEqual(alone.document)
  })

  test('is absent where nothing is uncertain, and where nothing holds at the stated values', async () => {
    const known = await swept(REPLICAS, { path: scenario({ rate: '50', service: '10' }) })
    expect(known.document).not.toHaveProperty('answer')
    expect(known.document).not.toHaveProperty('warnings')
    const none = await swept(REPLICAS, { path: scenario({ limit: 10 }) })
    expect(none.document).not.toHaveProperty('answer')
    expect(none.document.warnings).toHaveLength(1)
    for (const { phases } of [known, none]) expect([...phases].some(isDrawing)).toBe(false)
  })
})

describe('an answer that was interrupted', () => {
  test('goes on with what was tried, and a sweep that is complete draws nothing again', async () => {
    const whole = await swept(REPLICAS)
    const directory = join(folder, 'interrupted')
    const stop = new AbortController()
    const interrupted = swept(REPLICAS, {
      directory,
      signal: stop.signal,
      onProgress: (phase) => {
        if (phase.startsWith('confirming no. 2,')) stop.abort()
      },
    })
    await expect(interrupted).rejects.toMatchObject({ exitCode: 130 })
    const kept = readFileSync(join(directory, ANSWERS_FILE), 'utf8').trimEnd().split('\n')
    expect(kept.map((line) => JSON.parse(line).configuration)).toEqual([1])
    const goesOn = await swept(REPLICAS, { directory, resume: true })
    expect(goesOn.document).toEqual(whole.document)
    expect([...goesOn.phases].some((phase) => phase.startsWith('confirming no. 1,'))).toBe(false)
    const again = await swept(REPLICAS, { directory, resume: true })
    expect(again.document).toEqual(whole.document)
    expect([...again.phases].some(isDrawing)).toBe(false)
  })

  test('is that of another configuration where its scenario was another', async () => {
    const directory = join(folder, 'copied')
    const first = await swept(REPLICAS, { directory })
    const path = join(directory, ANSWERS_FILE)
    const lines = readFileSync(path, 'utf8').replaceAll(/"scenario":"[0-9a-f]+"/g, '"scenario":"0"')
    put(directory, ANSWERS_FILE, lines)
    const again = await swept(REPLICAS, { directory, resume: true })
    expect([...again.phases].some(isDrawing)).toBe(true)
    expect(again.document).toEqual(first.document)
  })
})

test('shards have no answer, and the folder of their merge confirms it with --resume', async () => {
  const parts = [1, 2].map((index) => ({ index, of: 2 }))
  const folders = parts.map(({ index }) => join(folder, `shard-${index}`))
  for (const [i, shard] of parts.entries()) {
    const { document, phases } = await swept(REPLICAS, { directory: folders[i], shard })
    expect(document).not.toHaveProperty('answer')
    expect(document.warnings!.at(-1)).toContain('--resume')
    expect([...phases].some(isDrawing)).toBe(false)
  }
  const out = join(folder, 'merged')
  mkdirSync(out)
  const merged = await mergeShards(folders, undefined)
  expect(merged.document).not.toHaveProperty('answer')
  await writeManifest(out, merged.manifest)
  const lines: string[] = []
  for await (const line of merged.lines()) lines.push(line)
  put(out, JOURNAL_FILE, lines.join(''))
  await merged.close()
  const { document } = await swept(REPLICAS, { directory: out, resume: true })
  expect(document).toEqual((await swept(REPLICAS)).document)
})

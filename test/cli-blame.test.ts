import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Blamed, blameSchema } from '../sim/documents/index.ts'
import { printedDocuments } from './printed-documents.ts'
import { changed } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'

/** Blame on the built command line. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const { documentOf, published } = printedDocuments(run)

/** One executor; one request in twenty takes forty times as long as the others. */
const MIXED = `spillway: 1
name: mixed
duration_s: 60
warmup_s: 1
models: { m: { work: { law: linear, base_ms: 0, per_token_ms: 0.5 } } }
traffic:
  - class: short
    arrivals: { process: poisson, rate_rps: 47.5 }
    input_tokens: { distribution: fixed, value: 10 }
  - class: long
    arrivals: { process: poisson, rate_rps: 2.5 }
    input_tokens: { distribution: fixed, value: 400 }
pools:
  - { name: central, model: m }
`
put(folder, 'mixed.yaml', MIXED)
put(folder, 'idle.yaml', changed(MIXED, ['47.5', '0.2'], ['2.5', '0.01']))

const blameOf = async (...args: string[]) =>
  blameSchema.parse(await documentOf('blame', ...args, '--replications', '3'))
async function refused(code: number, text: RegExp, ...args: string[]): Promise<void> {
  const ended = await run(...args)
  expectRefusal(ended, code, folder)
  expect(ended.stderr).toMatch(text)
}
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const group = ({ groups }: Blamed, name: string) =>
  groups.find((candidate) => candidate.class === name)!

describe('blame', () => {
  let document: Blamed
  beforeAll(async () => {
    document = await blameOf('mixed.yaml', '--out', 'blamed')
  })

  test('is a document of the published schema, with a page', async () => {
    const isDocument = await published('blame')
    isDocument(document)
    expect(readJson(join(folder, 'blamed/blame.json'))).toEqual(document)
    expect(filesIn(join(folder, 'blamed'))).toEqual(['blame.json', 'report.html'])
    const ended = await run('report', 'blamed', '--charts', 'svg')
    expect(ended.code, ended.stderr).toBe(0)
    expect(filesIn(join(folder, 'blamed/charts'))).toEqual(['blame.svg'])
    expect(readFileSync(join(folder, 'blamed/report.html'), 'utf8')).toContain('id="blame"')
  })

  test('adds up: causes to the waiting, rows and columns of flows to what was caused and waited', () => {
    const { causes, waited_ms, groups, flows, bottleneck } = document
    const close = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(1e-9 * waited_ms)
    close(sum(Object.values(causes)), waited_ms)
    close(sum(flows.flat()), causes.other_requests)
    for (const [i, { caused_ms, waited_ms: waitedMs }] of groups.entries()) {
      close(sum(flows[i]!), caused_ms)
      close(sum(flows.map((row) => row[i]!)), waitedMs)
    }
    expect(sum(Object.values(bottleneck!.parts))).toBeGreaterThanOrEqual(bottleneck!.latency_ms)
  })

  test('finds the few long requests that the many short ones wait for, and names the queue', () => {
    const [long, short] = [group(document, 'long'), group(document, 'short')]
    expect(long.requests / (long.requests + short.requests)).toBeLessThan(0.08)
    expect(long.caused_ms).toBeGreaterThan(0.7 * document.causes.other_requests)
    expect(short.waited_ms).toBeGreaterThan(long.waited_ms)
    expect(document.top.every((request) => request.class === 'long')).toBe(true)
    expect(document.bottleneck).toMatchObject({ name: 'queue', pool: 'central' })
  })

  test('tries changes over the same requests, and names the one that helps most', () => {
    const { changes, next } = document
    expect(changes.map(({ name }) => name)).toContain('one-more-replica')
    const chosen = changes.find(({ name }) => name === next)!
    expect(chosen.helps).toBe(true)
    expect(chosen.latency).toMatchObject({ difference: 'lower' })
    const ratios = changes.filter(({ helps }) => helps).map(({ latency }) => latency!.value!)
    expect(chosen.latency!.value).toBe(Math.min(...ratios))
  })

  test('tries nothing where every objective passes, and says so', async () => {
    const slo = (ms: number) => ['--set', `slo={ short: ["p(50) latency_ms < ${ms}"] }`]
    const passing = await blameOf('mixed.yaml', ...slo(9000))
    expect(passing).toMatchObject({ objectives: 'pass', changes: [], next: null })
    const { stdout } = await run('blame', 'mixed.yaml', ...slo(9000), '--replications', '3')
    expect(stdout).toMatch(
      /^Every objective passes, so no change is called for and none was tried\.$/m,
    )
    const failing = await blameOf('mixed.yaml', ...slo(6))
    expect(failing.objectives).toBe('open')
    expect(failing.changes.length).toBeGreaterThan(0)
  })

  test('negative control: where requests hardly wait, no change helps', async () => {
    const idle = await blameOf('idle.yaml')
    expect(idle.next).toBeNull()
    expect(idle.bottleneck!.name).not.toBe('queue')
    const { stdout } = await run('blame', 'idle.yaml', '--replications', '2', '--top', '0')
    expect(stdout).toMatch(/^No single change of the \d that were tried helps\.$/m)
  })
})

/** Chats behind documents on one engine; no chat waits for a slot. */
const ENGINE = `spillway: 1
name: engine
duration_s: 240
warmup_s: 5
models: { llm: { work: { law: generation, base_ms: 12, per_prefill_token_ms: 0.08 } } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 4 }
    input_tokens: { distribution: fixed, value: 50 }
    output_tokens: { distribution: fixed, value: 20 }
  - class: documents
    arrivals: { process: poisson, rate_rps: 0.3 }
    input_tokens: { distribution: fixed, value: 8000 }
    output_tokens: { distribution: fixed, value: 20 }
pools:
  - name: central
    model: llm
    generation: { policy: continuous, max_sequences: 64, token_budget: 1024 }
`
put(folder, 'engine.yaml', ENGINE)

describe('blame of engines', () => {
  test('is for the prompts of documents, in chats and in kept rows alike', async () => {
    const document = await blameOf('engine.yaml')
    const { causes, first_tokens: first, changes } = document
    expect(causes).toMatchObject({ other_requests: 0, batch_wait: 0 })
    expect(causes.other_prompts).toBeGreaterThan(causes.other_decodes)
    const [documents, chat] = [group(document, 'documents'), group(document, 'chat')]
    expect(documents.caused_ms).toBeGreaterThan(0.5 * causes.other_prompts)
    expect(chat.waited_ms).toBeGreaterThan(documents.waited_ms)
    expect(first[0]).toMatchObject({ class: 'chat' })
    expect(first[0]!.parts.other_prompts).toBeGreaterThan(0.5 * first[0]!.ttft_ms)
    const names = changes.map(({ name }) => name)
    expect(names).toContain('half-the-token-budget')
    expect(names).toContain('one-more-replica-for-long-requests')
    const separateReplica = changes.find(
      ({ name }) => name === 'one-more-replica-for-long-requests',
    )!
    expect(separateReplica.ttft!.value).toBeLessThan(0.8)

    const options = ['--replications', '1', '--keep-rows', '--out', 'engine']
    const ended = await run('simulate', 'engine.yaml', ...options)
    expect(ended.code, ended.stderr).toBe(0)
    expect((await blameOf('engine')).causes).toEqual(causes)
    // without the decision log nothing is known of steps, which the answer states
    rmSync(join(folder, 'engine/replication-1.journal.jsonl'))
    const blind = await blameOf('engine')
    expect(blind.causes.other_prompts).toBe(0)
    expect(blind.limits.join()).toContain('there is no decision log')
  })
})

describe('blame of kept rows', () => {
  beforeAll(async () => {
    const options = ['--replications', '1', '--keep-rows', '--out', 'kept']
    const ended = await run('simulate', 'mixed.yaml', ...options)
    expect(ended.code, ended.stderr).toBe(0)
  })

  test('is that of the same replication, and a part of the report of its folder', async () => {
    const [kept, simulated] = [await blameOf('kept', '--out', 'kept'), await blameOf('mixed.yaml')]
    const { command: _, ...rest } = simulated
    expect(kept).toMatchObject(rest)
    const ended = await run('report', 'kept')
    expect(ended.code, ended.stderr).toBe(0)
    const page = readFileSync(join(folder, 'kept/report.html'), 'utf8')
    expect(page).toContain('<h2>Blame</h2>')
    expect(page).toContain('Where the time went')
  })

  test('of another scenario is not put on the page of a result', async () => {
    await blameOf('idle.yaml', '--out', 'other')
    const text = readFileSync(join(folder, 'other/blame.json'), 'utf8')
    await run('simulate', 'mixed.yaml', '--replications', '1', '--out', 'clash')
    put(join(folder, 'clash'), 'blame.json', text)
    await refused(3, /blame\.json: is of scenario .*run blame again/, 'report', 'clash')
  })

  test('takes no other values and no folder without rows', async () => {
    await refused(2, /^error: --set: /m, 'blame', 'kept', '--set', 'duration_s=9')
    await refused(3, /has no raw rows; keep them with /, 'blame', '.')
  })
})

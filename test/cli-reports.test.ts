import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleInput } from '../reports/sample-documents.test-helper.ts'
import { documents, kindOf } from '../runtime/documents/index.ts'
import { stream } from '../sim/kernel/index.ts'
import { BROWSER, expectNoFaults, faultsOf, noBrowser, onDesktop } from './page-faults.ts'
import { commandsIn, put, ROOT, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/** Every kind of report, in a browser: wide and narrow, light and dark. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const library = (name: string) => join(ROOT, 'scenarios/library', `${name}.yaml`)

/** Two classes in one pool that loses requests of one of them. */
const LOSING = `spillway: 1
name: losing
description: Two classes share a pool; does checkout keep its tail through a surge?
duration_s: 60
models: { net: { work: { law: linear, base_ms: 4, per_item_ms: 2 } } }
traffic:
  - class: checkout
    timeout_ms: 200
    arrivals: { process: poisson, rate_rps: 180, surges: [{ at_s: 20, factor: 3, hold_s: 10 }] }
  - class: reports
    arrivals: { process: poisson, rate_rps: 60 }
slo: { checkout: ["p(95) latency_ms < 100", "goodput > 99%"] }
pools:
  - { name: central, model: net, queue: { max_length: 200 }, batching: { policy: dynamic, max_batch: 8 } }
`

/** Inputs that act together, and an answer that hangs on one digit of them. */
const UNCERTAIN = LOSING.replace('base_ms: 4', 'base_ms: 4 ± 20 %')
  .replace('factor: 3', 'factor: [2, 6]')
  .replace('rate_rps: 60', 'rate_rps: 60 ± 30 %')

async function simulated(name: string, scenario: string): Promise<string> {
  const ended = await run('simulate', scenario, '--replications', '2', '--out', name)
  expect(ended.stdout).toMatch(new RegExp(`\n\nreport: ${name}/report\\.html\n$`))
  return `${name}/report.html`
}

async function variants(name: string): Promise<string> {
  const options = ['--variant', 'as-it-is:', '--variant', 'batch-4: pools.0.batching.max_batch=4']
  await run(
    'variants',
    put(folder, 'several.yaml', LOSING),
    ...options,
    '--replications',
    '2',
    '--out',
    name,
  )
  const ended = await run('report', name)
  expect(ended.code, ended.stderr).toBe(0)
  return `${name}/report.html`
}

async function blamed(name: string): Promise<string> {
  const ended = await run('blame', library('payment-peak'), '--replications', '2', '--out', name)
  expect(ended.code, ended.stderr).toBe(0)
  const reported = await run('report', name)
  expect(reported.code, reported.stderr).toBe(0)
  return `${name}/report.html`
}

async function ofDocuments(name: string, whatIf: boolean): Promise<string> {
  mkdirSync(join(folder, name))
  const { simulated, measured, comparison } = sampleInput({ whatIf, pools: ['central', 'edge'] })
  // as many replays as the comparison has
  measured.runs = comparison.replays
  for (const [file, document] of Object.entries({ simulated, measured, comparison })) {
    put(join(folder, name), `${file}.json`, JSON.stringify(document))
  }
  if (whatIf) {
    mkdirSync(join(folder, name, 'against'))
    for (const [file, document] of Object.entries({ simulated, measured })) {
      const second = { ...document, scenario: comparison.what_if!.scenario }
      put(join(folder, name, 'against'), `${file}.json`, JSON.stringify(second))
    }
  }
  const ended = await run('report', name)
  expect(ended.code, ended.stderr).toBe(0)
  expect(readFileSync(join(folder, name, 'report.html'), 'utf8').includes('B measured')).toBe(
    whatIf,
  )
  return `${name}/report.html`
}

async function swept(): Promise<string> {
  const replicas = 'pools.central.replicas=0..3'
  const batches = 'pools.central.batching.max_batch=2,4,8'
  const sets = [replicas, batches, 'pools.central.price_usd_per_hour=2', 'duration_s=40']
  const options = [
    ...sets.flatMap((set) => ['--set', set]),
    '--replications',
    '2',
    '--out',
    'swept',
  ]
  const ended = await run('sweep', put(folder, 'swept.yaml', LOSING), ...options)
  expect(ended.code, ended.stderr).toBe(0)
  return 'swept/report.html'
}

async function traced(job: 'inspect' | 'fit'): Promise<string> {
  const random = stream(9, 0, 'trace')
  let now = 0
  const rows = Array.from({ length: 3000 }, () => {
    now += random.exponential() / 40
    return `${now},${1 + random.integer(200)}`
  })
  put(folder, 'log.csv', `at,prompt\n${rows.join('\n')}\n`)
  const columns = ['--columns', 'time=at', '--time-unit', 's', '--columns', 'input_tokens=prompt']
  const ended = await run('trace', job, 'log.csv', ...columns, '--out', job)
  expect(ended.stderr).not.toContain('error')
  return job === 'inspect' ? 'inspect/trace.html' : 'fit/trace-fit.html'
}

async function planned(): Promise<string> {
  put(folder, 'losing.yaml', LOSING)
  const set = ['--set', 'pools.central.replicas=1..3', '--set', 'duration_s=40']
  const ended = await run('plan', 'losing.yaml', ...set, '--out', 'plan')
  expectExitBy(readJson(join(folder, 'plan/plan.json')), ended)
  return 'plan/report.html'
}

async function gated(): Promise<string> {
  const window = (ms: number) => `pools.central.batching.max_delay_ms=${ms}`
  const sides = ['--set', window(10), '--against-set', window(5), '--replications', '2']
  const ended = await run('gate', library('payment-peak'), ...sides, '--out', 'gate')
  expect(ended.code, ended.stderr).toBe(4)
  return 'gate/report.html'
}

const KINDS: Readonly<Record<string, () => Promise<string>>> = {
  simulated: () => simulated('simulated', library('payment-peak')),
  classes: () => simulated('classes', put(folder, 'losing.yaml', LOSING)),
  memory: () => simulated('memory', library('model-swapping')),
  generation: () => simulated('generation', library('chat')),
  'uncertain inputs': () => simulated('uncertain', put(folder, 'uncertain.yaml', UNCERTAIN)),
  run: () => ofDocuments('run', false),
  'what-if': () => ofDocuments('what-if', true),
  sweep: swept,
  variants: () => variants('variants'),
  blame: () => blamed('blame'),
  trace: () => traced('inspect'),
  'fit of a trace': () => traced('fit'),
  plan: planned,
  gate: gated,
}

test('each kind of document with a page is among them', async () => {
  const paged: string[] = []
  for (const name of Object.keys(documents)) {
    if ((await kindOf(name)).page !== undefined) paged.push(name)
  }
  expect(Object.keys(KINDS)).toEqual(expect.arrayContaining(paged))
})

describe.skipIf(noBrowser)(`reports (needs ${BROWSER})`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] })
  })
  afterAll(() => browser?.close())

  test.each(Object.entries(KINDS))(
    '%s: axe finds no serious fault, and nothing is wider than the window',
    async (_, make) => {
      const path = join(folder, await make())
      // the page itself allows no scripts
      const context = await browser.newContext({ ...onDesktop, bypassCSP: true })
      const page = await context.newPage()
      await page.goto(pathToFileURL(path).href)
      await expectNoFaults(page)
      await context.close()
    },
  )

  test('a fault is found: text in the colour of the paper, and a picture without a name', async () => {
    const context = await browser.newContext({ bypassCSP: true })
    const page = await context.newPage()
    await page.setContent(
      '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><p style="color:#eee">pale</p><img src="data:,"></main></html>',
    )
    const rules = async (faults: Promise<readonly string[]>) =>
      (await faults).map((text) => text.split(':')[0])
    expect(await rules(faultsOf(page))).toEqual(['color-contrast', 'image-alt'])
    expect(await rules(faultsOf(page, ['color-contrast']))).toEqual(['color-contrast'])
    await context.close()
  })
})

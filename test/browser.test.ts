import { existsSync } from 'node:fs'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { simulated } from './browser-simulation.ts'
import { changed, DECLARED } from './scenarios.ts'
import { ROOT } from './spillway.ts'

/** Rates in waves, and clients with drawn timeouts. */
const WAVES = `spillway: 1
name: waves
seed: 9
duration_s: 60
models:
  encoder: { work: { law: linear, base_ms: 2, per_item_ms: 0.5, per_token_ms: 0.01 } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 300, waves: [{ period_s: 10, amplitude: 0.5 }] }
    input_tokens: { distribution: geometric, mean: 40 }
    timeout_ms: { distribution: lognormal, median: 60, p99: 200 }
  - class: batch
    arrivals: { process: deterministic, load: 0.4 }
    input_tokens: { distribution: uniform, min: 50, max: 100 }
pools:
  - name: central
    model: encoder
    replicas: 2
    queue: { max_length: 40 }
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 4 }
`

/** Sequences that share a KV cache, in conversations. */
const GENERATING = `spillway: 1
name: generating
seed: 3
duration_s: 60
models:
  chat: { work: { law: generation, base_ms: 10, per_prefill_token_ms: 0.02, per_context_token_ms: 0.0005 } }
traffic:
  - class: chat
    arrivals: { process: poisson, load: 0.7 }
    input_tokens: { distribution: lognormal, median: 200, p99: 900, max: 2000 }
    output_tokens: { distribution: lognormal, median: 60, p99: 300, max: 500 }
pools:
  - name: engines
    model: chat
    replicas: 2
    generation: { policy: continuous, max_sequences: 16, kv_cache: { blocks: 400 } }
`
/** Engines differ in powers, and so in gamma arrivals of a cv above 1. */
const POOLS = changed(DECLARED, ['process: gamma, cv: 3', 'process: poisson'])
const BROWSER = '/usr/bin/chromium'

type Simulated = ReturnType<typeof simulated>

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ['test/browser-simulation.ts'],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'simulation',
    platform: 'browser',
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}

describe('parsing, resolving and simulating', () => {
  test.skipIf(!existsSync(BROWSER) && process.env.CI !== 'true')(
    'give in a page, without shared memory, the digits of Node',
    async () => {
      const browser = await chromium.launch({
        executablePath: BROWSER,
        args: ['--no-sandbox'],
      })
      try {
        const page = await browser.newPage()
        await page.addScriptTag({ content: await bundle() })
        const has = (code: string) => page.evaluate(code)
        expect(
          await has('globalThis.crossOriginIsolated || "SharedArrayBuffer" in globalThis'),
        ).toBe(false)
        const inBrowser = async (text: string) =>
          (await has(`simulation.simulated(${JSON.stringify(text)})`)) as Simulated
        for (const text of [WAVES, POOLS, GENERATING]) {
          expect(await inBrowser(text)).toEqual(simulated(text))
        }
      } finally {
        await browser.close()
      }
    },
  )
})

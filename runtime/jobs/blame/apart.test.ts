import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { blame } from './blame.ts'

const folder = mkdtempSync(join(tmpdir(), 'apart-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** 150 short requests/s of 10 ms, and as much work again of longer ones; four replicas. */
async function apartOf(longTokens: number) {
  const path = join(folder, `long-${longTokens}.yaml`)
  writeFileSync(
    path,
    `spillway: 1
name: apart
duration_s: 120
warmup_s: 5
models: { m: { work: { law: linear, base_ms: 0, per_item_ms: 0, per_token_ms: 0.1 } } }
traffic:
  - { class: short, arrivals: { process: poisson, rate_rps: 150 }, input_tokens: { distribution: fixed, value: 100 } }
  - { class: long, arrivals: { process: poisson, rate_rps: ${15_000 / longTokens} }, input_tokens: { distribution: fixed, value: ${longTokens} } }
pools: [{ name: central, model: m, replicas: 4 }]
`,
  )
  const { changes, next } = await blame(path, { replications: 6, top: 0 })
  return { next, apart: changes.find(({ name }) => name === 'long-requests-apart')! }
}

test('long requests apart help where a few long ones stall the short ones', async () => {
  const { apart } = await apartOf(16_000)
  expect(apart).toMatchObject({ helps: true, refused: null })
  expect(apart.latency!.value).toBeLessThan(0.7)
  expect(apart.set).toHaveLength(2)
})

test('negative control: they do not where the others are hardly longer', async () => {
  const { apart, next } = await apartOf(120)
  expect(apart).toMatchObject({ helps: false, refused: null })
  expect(next).not.toBe('long-requests-apart')
})

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resolveSystem } from '../../sim/experiment/index.ts'
import { prepare } from './prepare.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-rates-'))

test('classes that follow traces have the rates of those', async () => {
  // 100 requests/s of 10 tokens beside one of 1,000
  const rows = (gapS: number, tokens: number) =>
    Array.from({ length: 10 / gapS }, (_, i) => `${i * gapS},${tokens}\n`).join('')
  writeFileSync(join(folder, 'many.csv'), `t,n\n${rows(0.01, 10)}`)
  writeFileSync(join(folder, 'few.csv'), `t,n\n${rows(1, 1000)}`)
  const traced = (name: string) => `
  - class: ${name}
    arrivals:
      { process: trace, file: ${name}.csv, format: csv, time_unit: s,
        columns: { time: t, input_tokens: n } }
    input_tokens: { distribution: trace }`
  const path = join(folder, 'traced.yaml')
  writeFileSync(
    path,
    `spillway: 1
name: traced
duration_s: 10
models: { one: { work: { law: linear, base_ms: 1, per_token_ms: 0.01 } } }
traffic: ${traced('many')}${traced('few')}
pools: [{ name: a, model: one }]
`,
  )
  const { capacityRps } = resolveSystem(await prepare(path, {}), null)
  // 100 of 1.1 ms and one of 11 ms
  expect(capacityRps! / (101_000 / 121)).toBeCloseTo(1, 1)
  expect(capacityRps!).toBeGreaterThan(800)
})

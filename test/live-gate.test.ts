import { join } from 'node:path'
import { median } from 'simple-statistics'
import { expect, test } from 'vitest'
import type { Gate } from '../sim/documents/index.ts'
import { commandsIn, put, readJson, temporaryFolder } from './spillway.ts'

/** A measured gate from the command to its document, with a slowdown that no noise hides. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

const SCENARIO = `spillway: 1
name: layers
duration_s: 10
models:
  encoder: { builtin: transformer-encoder, layers: 26, hidden: 64, heads: 2, vocabulary: 256 }
traffic:
  - class: web
    arrivals: { process: poisson, load: 0.5 }
    input_tokens: { distribution: fixed, value: 16 }
pools:
  - name: central
    model: encoder
    batching: { policy: dynamic, max_batch: 2, max_delay_ms: 0 }
`

test('a model with 26 layers in place of 20 does not pass', async () => {
  put(folder, 'layers.yaml', SCENARIO)
  const base = ['--against-set', 'models.encoder.layers=20']
  const options = ['--measured', '--seconds', '3', '--out', 'gate']
  const ended = await run('gate', 'layers.yaml', ...base, ...options)
  // on a busy machine rounds do not count, or the head is busy all the time: 5 or 6
  expect([4, 5, 6], ended.stderr).toContain(ended.code)
  expect(ended.stderr).not.toContain('internal error')
  if (ended.code === 6) return
  const gate = readJson(join(folder, 'gate/gate.json')) as Gate
  const [one] = gate.cases
  expect(one!.changes.scenario).toEqual(['models.encoder.layers: 20 → 26'])
  const { blocks, looks, not_counted } = one!.measured!
  expect(blocks.length === 0 ? not_counted.length : looks.length).toBeGreaterThan(0)
  if (blocks.length === 0) return
  expect(median(blocks.map(({ pools }) => pools[0]!.service))).toBeGreaterThan(1.1)
  expect(blocks.every(({ metrics }) => metrics.length === 4)).toBe(true)
})

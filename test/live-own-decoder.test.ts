import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { audit } from '../runtime/jobs/audit.ts'
import { calibrate } from '../runtime/jobs/calibrate.ts'
import { writeReplays } from '../runtime/jobs/kept-replays.ts'
import { prepare, resolveSystem } from '../runtime/jobs/prepare.ts'
import { replay } from '../runtime/jobs/replay.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import type { DecoderOptions } from '../runtime/models/decoder-inputs.ts'
import { pastModel } from '../runtime/models/past-model.test-helper.ts'
import { buildDecoder } from '../runtime/models/transformer-decoder.ts'

const SMALL: DecoderOptions = {
  ...{ layers: 2, hidden: 64, heads: 4, kvHeads: 2, vocabulary: 512, context: 160, seed: 5 },
}

/** Longest time of a test on a busy machine, ms. */
const SLOW_MS = 300_000

const paged = (cache: string) =>
  `{ policy: continuous, max_sequences: 4, token_budget: 32, kv_cache: ${cache} }`

const scenario = (generation: string) => `
spillway: 1
name: own
seed: 3
duration_s: 2
models:
  mine: { onnx: mine.onnx, context: ${SMALL.context} }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 30 }
${generation.includes('prefix_cache') ? '    shared_prefix_tokens: 32\n' : ''}    input_tokens: { distribution: uniform, min: 33, max: 60 }
    output_tokens: { distribution: uniform, min: 1, max: 20 }
pools:
  - name: engine
    model: mine
    generation: ${generation}
`

const folder = mkdtempSync(join(tmpdir(), 'spillway-own-decoder-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function replayed(file: Uint8Array, generation: string) {
  writeFileSync(join(folder, 'mine.onnx'), file)
  const path = join(folder, 'own.yaml')
  writeFileSync(path, scenario(generation))
  const prepared = await prepare(path, {})
  const profile = await calibrate([prepared], { seconds: 2, occasions: 1, rehearsals: 0 })
  const system = resolveSystem(prepared, profile)
  const { classes } = await simulate(system, { replications: 2 })
  expect(classes[0]!.tokens!.ttft.mean.value).toBeGreaterThan(0)
  const [side] = await replay([system], { replays: 1, warmUp: { shapesMs: 0, trafficMs: 200 } })
  await writeReplays(folder, [side!])
  return { side: side!, path }
}

describe('a decoder of the user is calibrated, simulated and replayed, and its answers are right', () => {
  test.each([
    ['with past_key_values', () => pastModel(SMALL), paged('{ blocks: 24 }')],
    ['with half of them', () => pastModel(SMALL, { cache: 'FLOAT16' }), paged('{ blocks: 24 }')],
    [
      'with past_key_values, in batches that begin and end together',
      () => pastModel(SMALL),
      '{ policy: static, max_sequences: 4, kv_cache: { blocks: 40 } }',
    ],
    [
      'with a pool of rows',
      () => Buffer.concat(buildDecoder(SMALL, 'fp32')),
      paged('{ blocks: 24, prefix_cache: true }'),
    ],
  ])(
    '%s',
    async (_, file, generation) => {
      await replayed(file(), generation)
      const { verdict, reason, runs } = await audit(folder)
      expect([verdict, reason]).toEqual(['PASS', reason])
      const checked = new Map(runs[0]!.rules.map(({ rule, checked: count }) => [rule, count]))
      for (const rule of ['answers', 'executor-blocks', 'right-tokens']) {
        expect(checked.get(rule), rule).toBeGreaterThan(20)
      }
    },
    SLOW_MS,
  )
})

test(
  'an audit runs the file that answered, and no other one',
  async () => {
    const [path, kept] = [join(folder, 'mine.onnx'), join(folder, 'decoders.json')]
    const own = pastModel(SMALL)
    await replayed(own, paged('{ blocks: 24 }'))
    const text = readFileSync(kept, 'utf8')
    writeFileSync(path, pastModel({ ...SMALL, seed: 9 }))
    await expect(audit(folder)).rejects.toThrow(/another file than the one that answered/)
    // a folder that names no file in particular has the answers of another one
    writeFileSync(kept, text.replace(/"contents":\[.*\]/, '"contents":[null]'))
    const { verdict, reason } = await audit(folder)
    expect([verdict, reason]).toEqual(['FAIL', expect.stringContaining('right-tokens')])
    writeFileSync(kept, text)
    rmSync(path)
    await expect(audit(folder)).rejects.toThrow(/mine\.onnx: .*got nothing/)
    writeFileSync(path, own)
    expect((await audit(folder)).verdict).toBe('PASS')
  },
  SLOW_MS,
)

test(
  'a cache of prefixes is refused where each sequence has a cache of its own',
  async () => {
    await expect(
      replayed(pastModel(SMALL), paged('{ blocks: 24, prefix_cache: true }')),
    ).rejects.toThrow(/prefix_cache: remove it/)
  },
  SLOW_MS,
)

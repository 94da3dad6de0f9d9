import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writeGenerated } from '../runtime/folders/generated-files.ts'
import { replaceFiles } from '../runtime/folders/replace-files.ts'
import { readRuns, readScenario } from '../runtime/folders/run-folder.ts'
import { audit } from '../runtime/jobs/audit.ts'
import { calibrate } from '../runtime/jobs/calibrate.ts'
import { writeReplays } from '../runtime/jobs/kept-replays.ts'
import { prepare, resolveSystem } from '../runtime/jobs/prepare.ts'
import { replay } from '../runtime/jobs/replay.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { needVulkan } from './vulkan.ts'

/** Longest time of a test on a busy machine, ms. */
const SLOW_MS = 600_000

const SCENARIO = `
spillway: 1
name: gpu
seed: 3
duration_s: 4
models:
  small: { builtin: transformer-decoder, layers: 2, hidden: 64, heads: 4, kv_heads: 2, vocabulary: 512, context: 128 }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 4 }
    shared_prefix_tokens: 32
    input_tokens: { distribution: uniform, min: 33, max: 70 }
    output_tokens: { distribution: uniform, min: 1, max: 20 }
pools:
  - name: engine
    model: small
    execution_provider: webgpu
    precision: fp16
    generation:
      policy: continuous
      max_sequences: 3
      token_budget: 40
      kv_cache: { blocks: 16, prefix_cache: true }
`

const folder = mkdtempSync(join(tmpdir(), 'spillway-gpu-'))
afterAll(() => rmSync(folder, { recursive: true }))

test(
  'a decoder on a GPU is calibrated, simulated and replayed, and its answers are right',
  async (context) => {
    needVulkan(context)
    const path = join(folder, 'gpu.yaml')
    writeFileSync(path, SCENARIO)
    const prepared = await prepare(path, {})
    const profile = await calibrate([prepared], { seconds: 4, occasions: 1, rehearsals: 0 })
    const system = resolveSystem(prepared, profile)
    const { classes } = await simulate(system, { replications: 2 })
    expect(classes[0]!.tokens!.ttft.mean.value).toBeGreaterThan(0)
    const [side] = await replay([system], { replays: 1, warmUp: { shapesMs: 0, trafficMs: 500 } })
    expect(side!.result.warnings.join('\n')).not.toContain('ran on cpu')
    await writeReplays(folder, [side!])
    const { verdict, reason, runs } = await audit(folder)
    expect([verdict, reason]).toEqual(['PASS', reason])
    const checked = new Map(runs[0]!.rules.map(({ rule, checked: count }) => [rule, count]))
    for (const rule of ['answers', 'executor-blocks', 'right-tokens']) {
      expect(checked.get(rule), rule).toBeGreaterThan(10)
    }
    // the bound of float16 still tells another token
    const [run] = await readRuns(folder, 'replay', await readScenario(folder))
    const { answers, blocks } = run!.generated!
    const tokens = Array.from(answers.tokens, (token, i) => (i === 5 ? (token + 1) % 512 : token))
    const forged = { answers: { ...answers, tokens }, blocks }
    await replaceFiles(folder, (files) => writeGenerated(files, 'replay-1', forged, async () => {}))
    const again = await audit(folder)
    expect([again.verdict, again.reason]).toEqual(['FAIL', expect.stringContaining('right-tokens')])
  },
  SLOW_MS,
)

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { needVulkan } from '../../../test/vulkan.ts'
import { buildBlockDecoder } from '../../models/block-decoder.ts'
import { builtDecoder, type DecoderOptions } from '../../models/decoder-inputs.ts'
import { leastMargin, openWholeDecoder } from '../../models/whole-decoder.ts'
import { busySystem, compared, followed } from './followed-runs.test-helper.ts'
import { generationOptions } from './generation-options.ts'
import { openStepEngine } from './step-process.ts'

const SIZES: DecoderOptions = {
  ...{ layers: 2, hidden: 64, heads: 4, kvHeads: 2, vocabulary: 512, context: 256, seed: 5 },
}

const folder = mkdtempSync(join(tmpdir(), 'spillway-blocks-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'blocks.onnx')
const content = Buffer.concat(buildBlockDecoder(SIZES))
writeFileSync(path, content)
const file = { path, key: 'blocks', content: 'blocks', inputs: [], bytes: content.length }

/** ONNX Runtime attends to prompts over small and over large blocks by programs of their own. */
test.for([
  ['16', { blocks: 30, blockTokens: 16, prefixCache: true }],
  ['64', { blocks: 12, blockTokens: 64, prefixCache: true }],
] as const)(
  'mixed steps over blocks of %s tokens on a GPU give the tokens of a whole recomputation',
  { timeout: 300_000 },
  async ([, kv], context) => {
    needVulkan(context)
    const system = busySystem({ requests: 24, kv })
    const [pool] = system.plan.pools
    const generation = generationOptions(builtDecoder(SIZES, 'fp16'), pool!.generation!)
    const engine = await openStepEngine(
      { file, session: { executionProvider: 'webgpu', threads: 1 }, warmUp: [], generation },
      process.hrtime.bigint(),
    )
    expect(engine.fellBack).toBe(false)
    const word = { yields: false, whenYields: () => new Promise<void>(() => {}) }
    const served = await followed(system, SIZES.vocabulary, (order) => engine.run(order, word))
    await engine.close()
    expect(served.preemptions).toBeGreaterThan(3)
    expect(served.mixed).toBeGreaterThan(20)
    const whole = await openWholeDecoder(SIZES, 'fp16')
    const { total, different, behind } = await compared(system, served, whole)
    await whole.close()
    expect(total).toBeGreaterThan(800)
    expect(different / total).toBeLessThan(0.03)
    expect(behind).toBeLessThan(leastMargin(SIZES, 'fp16'))
    expect(new Set(served.tokens.flat()).size).toBeGreaterThan(100)
  },
)

/** Blocks in which the last token of a prompt finds the others; the first list is right. */
const TABLES = [
  [3, 9, 4],
  [9, 3, 4],
  [3, 10, 4],
  [5, 9, 4],
  [3, 9, 4],
]

test('and not where a block is another one', { timeout: 300_000 }, async (context) => {
  needVulkan(context)
  const prompt = Array.from({ length: 40 }, (_, i) => (7 * i) % 512)
  // in a separate process, as sessions on webgpu need
  const script = `
    import { BlockDecoder } from './runtime/live/generation/block-decoder.ts'
    import { openSession } from './runtime/models/session.ts'
    const how = { executionProvider: 'webgpu', threads: 1 }
    const { session } = await openSession(${JSON.stringify(file)}, how)
    const layout = ${JSON.stringify(builtDecoder(SIZES, 'fp16').layout)}
    const decoder = await BlockDecoder.open(session, layout, { blocks: 12, blockTokens: 16 })
    const prompt = ${JSON.stringify(prompt)}
    const first = { sequence: 0, blocks: [3, 9, 4], past: 0, tokens: prompt.slice(0, 39) }
    await decoder.step([], [{ ...first, last: false }])
    const tokens = []
    for (const blocks of ${JSON.stringify(TABLES)}) {
      const last = { sequence: 0, blocks, past: 39, token: prompt.at(-1) }
      tokens.push((await decoder.step([last], [])).tokens[0])
    }
    await decoder.close()
    await session.release()
    console.log(JSON.stringify(tokens))`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const [right, ...wrong] = JSON.parse(stdout) as number[]
  const again = wrong.pop()
  const whole = await openWholeDecoder(SIZES, 'fp16')
  expect(right).toBe((await whole.run(prompt)).at(-1)!.token)
  expect(again).toBe(right)
  expect(wrong.some((token) => token !== right)).toBe(true)
})

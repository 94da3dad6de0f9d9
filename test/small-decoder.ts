import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { generationOptions } from '../runtime/live/generation/generation-options.ts'
import { commonTokens, tokensOf } from '../runtime/live/generation/prompt-tokens.ts'
import type { StepEngineOptions } from '../runtime/live/generation/step-engine.ts'
import { builtDecoder, type DecoderOptions } from '../runtime/models/decoder-inputs.ts'
import { buildDecoder } from '../runtime/models/transformer-decoder.ts'
import { openWholeDecoder } from '../runtime/models/whole-decoder.ts'
import type { AnswerColumns } from '../sim/audit/index.ts'
import type { ServingPlan } from '../sim/serving/index.ts'
import type { RequestList } from '../sim/traffic/index.ts'

/** A decoder whose steps take less than a ms. */
const SIZES: DecoderOptions = {
  ...{ layers: 2, hidden: 64, heads: 4, kvHeads: 2, vocabulary: 1024, context: 256, seed: 5 },
}

/** Its file, in a folder of its own; `remove` it after the tests. */
export function smallDecoder() {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-decoder-'))
  const path = join(folder, 'decoder.onnx')
  const content = Buffer.concat(buildDecoder(SIZES, 'fp32'))
  writeFileSync(path, content)
  const file = { path, key: 'small', content: 'small', inputs: [], bytes: content.length }
  return { file, remove: () => rmSync(folder, { recursive: true }) }
}

/** How executors of each pool open it. */
export function enginesOf(
  { pools }: ServingPlan,
  { file }: ReturnType<typeof smallDecoder>,
): StepEngineOptions[] {
  return pools.map(({ generation }) => ({
    file,
    session: { executionProvider: 'cpu', threads: 1, memoryPattern: false },
    warmUp: [],
    generation: generationOptions(builtDecoder(SIZES, 'fp32'), generation!),
  }))
}

/** A token that is not the likeliest one must have been nearly as likely. */
const LEAST_MARGIN = 1e-4

/**
 * Every answer is that of a whole recomputation, or nearly as likely. Returns how many differ.
 * Requests of `complete` have all their answers.
 */
export async function expectRightTokens(
  { classes }: ServingPlan,
  requests: RequestList,
  answers: AnswerColumns,
  complete: (key: number) => boolean,
): Promise<number> {
  const whole = await openWholeDecoder(SIZES, 'fp32')
  const columns = requests.columns
  let different = 0
  const tokensOfKey = byRequest(answers)
  for (const key of columns.at.keys()) {
    if (!complete(key)) continue
    const length = columns.inputTokens[key]!
    const own = tokensOfKey.get(key) ?? []
    expect(own.length, `answers of request ${key}`).toBe(columns.outputTokens[key]!)
    const number = columns.class[key]!
    const { sharedPrefixTokens: sharedTokens, carriesContext } = classes[number]!
    const prefix = columns.prefixes?.[key] ?? null
    const content = { class: number, key, prefix, sharedTokens }
    // of a conversation, answers are in the cache as the content states them
    const stated = carriesContext ? Math.min(commonTokens(content), length + own.length) : 0
    const ids = tokensOf(content, Math.max(length, stated), SIZES.vocabulary)
    const wanted = await whole.run([...ids, ...own.slice(ids.length - length)])
    for (const [i, token] of own.entries()) {
      const { token: right, margin } = wanted[length + i - 1]!
      if (token === right) continue
      different++
      expect(margin).toBeLessThan(LEAST_MARGIN)
    }
  }
  return different
}

/** The same without those of one request. */
export function answersWithout({ keys, tokens, margins }: AnswerColumns, key: number) {
  const own = <T>(column: ArrayLike<T>) => Array.from(column).filter((_, i) => keys[i] !== key)
  return { keys: own(keys), tokens: own(tokens), margins: own(margins) }
}

function byRequest({ keys, tokens }: AnswerColumns): Map<number, number[]> {
  const each = new Map<number, number[]>()
  for (const [i, key] of Array.from(keys).entries()) {
    each.set(key, [...(each.get(key) ?? []), tokens[i]!])
  }
  return each
}

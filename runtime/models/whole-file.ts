import { Failure } from '../../scenarios/index.ts'
import { cacheNames, type PastLayout, type PoolLayout } from './decoder-inputs.ts'
import { behindBest, likeliest } from './likeliest.ts'
import type { ModelFile } from './model-types.ts'
import { type InferenceSession, Tensor } from './onnx-runtime.ts'
import { emptyPast, pastFeeds } from './past-values.ts'
import { detailOf, openSession } from './session.ts'
import type { WholeAnswer, WholeDecoder } from './whole-decoder.ts'

/**
 * A decoder of the user over whole sequences: its own file, with an empty past, so that no key or
 * value of an earlier run takes part. Throws `Failure` where the file cannot be opened or run.
 */
export async function openWholeFile(file: ModelFile): Promise<WholeDecoder> {
  const { decoder, path } = file
  const layout = decoder?.layout
  if (layout === undefined || layout.kind === 'blocks') {
    throw new Error(`Expected ${path} to be a decoder of the user`)
  }
  const how = { executionProvider: 'cpu', threads: 1, memoryPattern: false } as const
  const { session } = await openSession(file, how)
  const answers = layout.kind === 'past' ? ofPast(session, layout) : ofPool(session, layout)
  return {
    async run(ids, next = []) {
      const likely = await answers(ids, next).catch((error: unknown) => {
        throw new Failure(`${path}: ONNX Runtime cannot run the model (${detailOf(error)})`)
      })
      return likely.map((token) => {
        if (token !== null) return token
        throw new Failure(`${path}: output logits has no number`)
      })
    },
    close: () => session.release(),
  }
}

type Answers = (ids: readonly number[], next: readonly number[]) => Promise<(WholeAnswer | null)[]>

function ofPast(session: InferenceSession, layout: PastLayout): Answers {
  const empty = emptyPast(layout)
  return async (ids, next) => {
    const { logits } = await session.run(pastFeeds(layout, ids, 0, empty), ['logits'])
    return ids.map((_, i) => {
      const likely = likeliest(logits!, i)
      return likely && { ...likely, behind: behindBest(logits!, i, likely.token, next[i] ?? 0) }
    })
  }
}

/**
 * One prompt, and an absent sequence that decodes: see `buildDecoder`. It has the scores of two
 * tokens, so any other one is infinitely far behind.
 */
function ofPool(session: InferenceSession, { layers, width }: PoolLayout): Answers {
  const caches: Record<string, Tensor> = {}
  for (let layer = 0; layer < layers; layer++) {
    for (const name of Object.values(cacheNames(layer))) {
      caches[name] = new Tensor('float32', new Float32Array(width), [1, width])
    }
  }
  const int32 = (values: readonly number[], shape: readonly number[]) =>
    new Tensor('int32', Int32Array.from(values), shape)
  const int64 = (values: readonly number[]) =>
    new Tensor('int64', BigInt64Array.from(values.map(BigInt)), [values.length])
  return async (ids, next) => {
    const n = ids.length
    const mask = new Uint8Array(n * n)
    for (let i = 0; i < n; i++) mask.fill(1, i * n, i * n + i + 1)
    const { tokens, scores } = await session.run({
      ...caches,
      ids: int32([0, ...ids], [n + 1]),
      positions: int32([0, ...ids.keys()], [n + 1]),
      parts: int64([1, n]),
      decode_index: int32([0], [1, 1]),
      decode_past: int64([0]),
      decode_length: int64([1]),
      prompt_index: int32([], [0]),
      prompt_mask: new Tensor('bool', mask, [n, n]),
      answers: int32(
        ids.map((_, i) => i + 1),
        [n],
      ),
    })
    const [likely, score] = [tokens!.data as BigInt64Array, scores!.data as Float32Array]
    return ids.map((_, i) => {
      const [token, second] = [Number(likely[2 * i]!), Number(likely[2 * i + 1]!)]
      const margin = score[2 * i]! - score[2 * i + 1]!
      const other = next[i] === second ? margin : Number.POSITIVE_INFINITY
      return { token, margin, behind: next[i] === token ? 0 : other }
    })
  }
}

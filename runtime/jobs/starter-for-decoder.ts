import type { FoundDecoder } from '../models/index.ts'
import { quoted, starterHead } from './starter-text.ts'

/** Tokens of a context, where the file states no limit. */
const USUAL_CONTEXT = 2048
/** Sequences that run together. */
const SEQUENCES = 8
const BLOCK_TOKENS = 16

/**
 * A scenario in which a decoder of the file `onnx` generates, with prompts and answers that fit its
 * context. Its rate is a load: calibration finds what it can serve.
 */
export function starterForDecoder(
  name: string,
  onnx: string,
  { vocabulary, positions }: Pick<FoundDecoder, 'vocabulary' | 'positions'>,
): string {
  const context = Math.min(USUAL_CONTEXT, positions ?? USUAL_CONTEXT)
  const share = (part: number) => Math.max(1, Math.floor(context / part))
  const lengths = (median: number, most: number) =>
    share(median) === share(most)
      ? `{ distribution: fixed, value: ${share(most)} }`
      : `{ distribution: lognormal, median: ${share(median)}, p99: ${share(most)}, max: ${share(most)} }`
  const blocks = SEQUENCES * Math.ceil((share(4) + share(8)) / BLOCK_TOKENS)
  const answers = share(8)
  const objectives = ['p(95) ttft_ms < 1000', ...(answers > 1 ? ['p(95) tpot_ms < 100'] : [])]
  const limit =
    positions === null ? 'the most tokens of a prompt and its answer' : `up to ${positions}`
  return `${starterHead(name, 20)}
models:
  ${quoted(name)}:
    onnx: ${quoted(onnx)} # a decoder: it generates answers token by token
    context: ${context} # choose: ${limit}
${vocabulary === null ? '    vocabulary: 32000 # choose: the file does not state it\n' : ''}
traffic:
  - class: chat
    arrivals: { process: poisson, load: 0.5 } # choose: a share of the capacity, or rate_rps: 2
    input_tokens: ${lengths(16, 4)} # choose: the tokens of a prompt
    output_tokens: ${lengths(32, 8)} # choose: the tokens of an answer

slo:
  chat: [${objectives.map((text) => `"${text}"`).join(', ')}] # choose: the objective

pools:
  - name: central
    execution_provider: cpu # where a replay runs it
    replicas: 1
    threads: 1 # of each replica
    model: ${quoted(name)}
    generation:
      policy: continuous
      max_sequences: ${SEQUENCES} # choose: sequences that run together
      token_budget: 64 # choose: tokens of a step; longer prompts are computed in chunks
      kv_cache: { blocks: ${blocks}, block_tokens: ${BLOCK_TOKENS} } # choose: the memory of keys and values
`
}

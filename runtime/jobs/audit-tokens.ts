import {
  EXIT,
  Failure,
  isBuiltinDecoder,
  isOnnxDecoder,
  type Scenario,
} from '../../scenarios/index.ts'
import { Findings, type GeneratedColumns, type RuleReport } from '../../sim/audit/index.ts'
import { OUTCOME, type ServingPlan } from '../../sim/serving/index.ts'
import type { Rows } from '../../sim/stats/index.ts'
import { cacheDirectory } from '../folders/profile-paths.ts'
import { statedTokens } from '../live/generation/prompt-tokens.ts'
import { decoderOptions, materialise } from '../models/index.ts'
import type { WholeDecoder } from '../models/onnx.ts'
import { pause } from '../process/interruption.ts'
import type { JobOptions } from './options.ts'

/** Where the files of decoders are, and what was in them when their answers came. */
export interface DecoderFiles {
  readonly directory: string
  /** of each pool; null where it is not known */
  readonly contents: readonly (string | Failure | null)[]
}

export interface TokensOf extends JobOptions {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  /** null where no decoder is an ONNX file */
  readonly files: DecoderFiles | null
}

/** What is recomputed at most, tokens; requests are taken evenly over the run. */
const NO_LIMIT = Number.POSITIVE_INFINITY

/**
 * Recomputes the answers of requests with plain operators and without a cache, and compares them
 * token by token. `mostTokens`: of prompts and answers together, so that of a long run a part of
 * the requests is recomputed.
 */
export async function auditTokens(
  { rows, generated }: { readonly rows: Rows; readonly generated: GeneratedColumns },
  { scenario, plan, files, signal, onProgress }: TokensOf,
  mostTokens = NO_LIMIT,
): Promise<RuleReport> {
  const findings = new Findings('right-tokens')
  const byKey = answersByKey(generated)
  const { outcome, inputTokens, outputTokens } = rows.columns
  const served = [...byKey.keys()].filter((key) => outcome[key] === OUTCOME.served)
  const tokens = served.reduce((sum, key) => sum + inputTokens[key]! + outputTokens[key]!, 0)
  const every = Math.max(1, Math.ceil(tokens / mostTokens))
  const recomputed = served.filter((_, i) => i % every === 0)
  const decoders = new Decoders(scenario, files)
  let near = 0
  try {
    for (const [i, key] of recomputed.entries()) {
      onProgress?.('recomputing answers', i, recomputed.length)
      await pause(signal)
      const whole = await decoders.of(rows.columns.pool[key]!)
      const own = byKey.get(key)!
      const wanted = await wantedAnswers(whole, { rows, plan, key, own })
      for (const [n, { token, behind }] of wanted.entries()) {
        const isSame = token === own[n]
        const isNear = behind < whole.margin
        if (!isSame && isNear) near++
        findings.check(isSame || isNear, [key], () => {
          const text = `token ${n + 1} of ${own.length} was ${own[n]}, a whole recomputation has`
          return `${text} ${token}, likelier by ${behind.toPrecision(2)}`
        })
      }
    }
  } finally {
    await decoders.close()
  }
  const part = `${recomputed.length} of ${served.length} answers`
  return findings.report(`tokens are those of a whole recomputation of ${part}, ${near} near ties`)
}

function answersByKey({ answers }: GeneratedColumns): Map<number, number[]> {
  const byKey = new Map<number, number[]>()
  for (let i = 0; i < answers.keys.length; i++) {
    const own = byKey.get(answers.keys[i]!)
    if (own === undefined) byKey.set(answers.keys[i]!, [answers.tokens[i]!])
    else own.push(answers.tokens[i]!)
  }
  return byKey
}

/** The likeliest token at each place of an answer, after those that came before. */
async function wantedAnswers(
  { vocabulary, run }: Opened,
  answered: {
    readonly rows: Rows
    readonly plan: ServingPlan
    readonly key: number
    readonly own: readonly number[]
  },
) {
  const { rows, plan, key, own } = answered
  const { inputTokens, class: classes } = rows.columns
  const prompt = inputTokens[key]!
  const number = classes[key]!
  const { sharedPrefixTokens: sharedTokens, carriesContext } = plan.classes[number]!
  const content = { class: number, key, prefix: rows.prefixes.get(key) ?? null, sharedTokens }
  const lengths = { prompt, answers: own.length, carriesContext }
  const { stated } = statedTokens(content, lengths, vocabulary)
  // the last token is not computed on
  const ids = [...stated, ...own.slice(stated.length - prompt)].slice(0, prompt + own.length - 1)
  const next = [...ids.slice(1, prompt), ...own]
  return (await run(ids, next)).slice(prompt - 1)
}

type Opened = WholeDecoder & {
  readonly vocabulary: number
  /** by how much less likely than a token of the recomputation an answer may be */
  readonly margin: number
}

/** Decoders of pools, opened when they are needed. */
class Decoders {
  readonly #scenario: Scenario
  readonly #files: DecoderFiles | null
  readonly #opened = new Map<number, Promise<Opened>>()

  constructor(scenario: Scenario, files: DecoderFiles | null) {
    this.#scenario = scenario
    this.#files = files
  }

  of(pool: number): Promise<Opened> {
    const opened = this.#opened.get(pool) ?? this.#open(pool)
    this.#opened.set(pool, opened)
    return opened
  }

  async #open(pool: number): Promise<Opened> {
    const { model: name, precision } = this.#scenario.pools[pool]!
    const model = this.#scenario.models[name]!
    if (isOnnxDecoder(model)) return this.#openFile(pool)
    // the schema has others for declared work
    const isReal = precision === 'fp32' || precision === 'fp16' || precision === 'int8'
    if (!isBuiltinDecoder(model) || !isReal) {
      throw new Error(`Expected a decoder whose answers can be recomputed, got ${name}`)
    }
    // only audits of answers load ONNX Runtime
    const { leastMargin, openWholeDecoder } = await import('../models/onnx.ts')
    const { vocabulary } = model
    const options = decoderOptions(model)
    const margin = leastMargin(options, precision)
    return { vocabulary, margin, ...(await openWholeDecoder(options, precision)) }
  }

  /** The file of the user, if it is the one that answered. */
  async #openFile(pool: number): Promise<Opened> {
    const { model: name, precision } = this.#scenario.pools[pool]!
    const files = this.#files
    if (files === null) throw new Failure(`models.${name}: the folder does not name its file`)
    const places = { directory: files.directory, cacheDirectory: cacheDirectory() }
    const file = await materialise(this.#scenario.models[name]!, precision, places)
    const content = files.contents[pool]
    if (typeof content === 'string' && content !== file.content) {
      const text = 'is another file than the one that answered, which the audit runs again'
      throw new Failure(`${file.path}: ${text}; put that back`, EXIT.notComparable)
    }
    const { LEAST_MARGIN, openWholeFile } = await import('../models/onnx.ts')
    const { vocabulary } = file.decoder!
    return { vocabulary, margin: LEAST_MARGIN, ...(await openWholeFile(file)) }
  }

  async close(): Promise<void> {
    for (const opened of this.#opened.values()) await (await opened).close()
  }
}

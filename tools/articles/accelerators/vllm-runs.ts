import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { SHARED } from '../published.ts'

/** Public source of both runs. */
export const SOURCE = 'casys-kaist/LLMServingSim@5daddb2, bench/examples/RTXPRO6000'

/** A model that was served by a real vLLM, as its `meta.json` states. */
export interface ServedModel {
  readonly name: string
  /** the part of the file names */
  readonly file: string
  /** engines, each with one card; requests are divided among them */
  readonly engines: number
  /** `--max-num-seqs` of each engine */
  readonly maxSequences: number
  /** 16-token blocks of the KV cache of each engine, from the log of a later run */
  readonly blocks: number
}

export const SERVED = {
  dense: {
    name: 'Llama-3.1-8B',
    file: 'Llama-3.1-8B',
    engines: 1,
    maxSequences: 128,
    blocks: 35_913,
  },
  moe: {
    name: 'Qwen3-30B-A3B',
    file: 'Qwen3-30B-A3B-Instruct-2507',
    engines: 2,
    maxSequences: 128,
    blocks: 37_819,
  },
} as const satisfies Record<string, ServedModel>

/** Latencies of a request, s. */
export interface RequestLatency {
  /** from the arrival at the engine to the first token */
  readonly ttft: number
  /** mean time of each further token */
  readonly tpot: number
  /** from the arrival at the engine to the last token */
  readonly endToEnd: number
}

export interface MeasuredRequest extends RequestLatency {
  /** arrival at the engine since the first request, s */
  readonly at: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** A measured run, and the result of LLMServingSim for the same requests, in order of arrival. */
export interface ServedRun {
  readonly model: ServedModel
  readonly measured: readonly MeasuredRequest[]
  readonly peer: readonly RequestLatency[]
}

const fileOf = ({ file }: ServedModel, rest: string) =>
  new URL(`llmservingsim_RTXPRO6000_${file}_${rest}.gz`, SHARED)

const FILES = Object.values(SERVED).flatMap((model) => [
  fileOf(model, 'vllm_requests.jsonl'),
  fileOf(model, 'sim.csv'),
])

/** Whether both runs are available. */
export function haveVllmRuns(): boolean {
  return FILES.every((file) => existsSync(file))
}

const linesOf = (file: URL) => gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n')

export function servedRun(model: ServedModel): ServedRun {
  const peers = new Map(peerRows(model))
  const rows = linesOf(fileOf(model, 'vllm_requests.jsonl'))
    .map((line) => JSON.parse(line) as Record<string, number> & { readonly request_id: string })
    .sort((a, b) => a.queued_ts! - b.queued_ts!)
  const from = rows[0]!.queued_ts!
  const measured = rows.map((row) => {
    const [queued, first, last] = [row.queued_ts!, row.first_token_ts!, row.last_token_ts!]
    return {
      at: queued - from,
      inputTokens: row.input_toks!,
      outputTokens: row.output_toks!,
      ttft: first - queued,
      tpot: (last - first) / (row.output_toks! - 1),
      endToEnd: last - queued,
    }
  })
  const peer = rows.map((row) => peers.get(row.request_id.replace('bench-', ''))!)
  return { model, measured, peer }
}

/** Rows of LLMServingSim by the number of the request; the file has ns. */
function peerRows(model: ServedModel): [string, RequestLatency][] {
  const [head, ...lines] = linesOf(fileOf(model, 'sim.csv'))
  const names = head!.split(',')
  return lines.map((line) => {
    const cells = line.split(',')
    const seconds = (name: string) => Number(cells[names.indexOf(name)]) / 1e9
    return [
      cells[0]!,
      {
        ttft: seconds('ttft_ns'),
        tpot: seconds('tpot_ns'),
        endToEnd: seconds('latency_ns'),
      },
    ]
  })
}

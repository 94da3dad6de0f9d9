import { existsSync, readFileSync } from 'node:fs'
import { SHARED } from '../published.ts'

const FILE = new URL('facts/mlperf_v1.1_server_offline_ratio.csv', SHARED)

/** Public source of rows, settings and single-stream times. */
export const SOURCE = 'mlcommons/inference_results_v1.1@912dcdb, closed/NVIDIA'

/** Four models with four ways of using a card: see the section for the choice. */
export const MODELS = ['resnet50', 'bert-99', 'ssd-resnet34', 'rnnt'] as const
export type Model = (typeof MODELS)[number]

/** Systems of the two headline rows of each model. */
export const HEADLINES = ['DGX-A100_A100-SXM-80GBx8_TRT', 'A100-PCIex8_TRT'] as const

/** A published result of a system: both scenarios, without reduced power and without MIG. */
export interface ServerRow {
  readonly system: string
  readonly model: Model
  readonly cards: number
  /** samples/s of all cards with every sample at hand from the start */
  readonly offlineRps: number
  /** the submitted rate of Poisson arrivals, samples/s */
  readonly serverRps: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** limit of p99 */
  readonly boundMs: number
}

/** Settings of the server scenario of a row: code/configs of the submission. */
export interface Settings {
  /** `gpu_batch_size`: the largest batch */
  readonly batch: number
  /** `deque_timeout_usec`, or `max_queue_delay_usec` of Triton, ms; 0 where there is none */
  readonly windowMs: number
  /** `gpu_inference_streams`: batches of a card at a time */
  readonly streams: number
  /** `gpu_batch_size` of the offline scenario */
  readonly offlineBatch: number
}

/** Whether the rows are available. */
export function haveServerRows(): boolean {
  return existsSync(FILE)
}

export function serverRows(): ServerRow[] {
  const [head, ...lines] = readFileSync(FILE, 'utf8').trim().split('\n')
  const names = head!.split(',')
  return lines.flatMap((line) => {
    const cells = line.split(',')
    const text = (name: string) => cells[names.indexOf(name)]!
    const [system, model] = [text('system'), MODELS.find((known) => known === text('model'))]
    if (model === undefined || /MaxQ|MIG/.test(system)) return []
    const row = {
      cards: Number(/x(\d)_/.exec(system)![1]),
      offlineRps: Number(text('offline_samples_s')),
      serverRps: Number(text('server_samples_s')),
      p50Ms: Number(text('server_p50_ms')),
      p99Ms: Number(text('server_p99_ms')),
      boundMs: Number(text('latency_bound_ms')),
    }
    return [{ system, model, ...row }]
  })
}

/** SXM cards of a DGX or a DGX Station; the others are PCIe cards. */
const isSxm = ({ system }: ServerRow) => system.includes('SXM')

/**
 * Mean latency of a single sample with nothing else on the card, ms: `SingleStream` of the
 * submissions DGX-A100_A100-SXM-80GBx1_TRT and A100-PCIex1_TRT, mlperf_log_summary.txt.
 */
const SINGLE_STREAM_MS: Readonly<Record<Model, { readonly sxm: number; readonly pcie: number }>> = {
  resnet50: { sxm: 0.4628, pcie: 0.4945 },
  'bert-99': { sxm: 1.466, pcie: 1.502 },
  'ssd-resnet34': { sxm: 1.699, pcie: 1.892 },
  rnnt: { sxm: 12.95, pcie: 13.53 },
}

export const singleStreamMs = (row: ServerRow) =>
  SINGLE_STREAM_MS[row.model][isSxm(row) ? 'sxm' : 'pcie']

const SETTINGS: Readonly<Record<Model, (row: ServerRow) => Settings>> = {
  resnet50: (row) => ({ ...resnet50(row), offlineBatch: 2048 }),
  'bert-99': (row) => ({
    batch: isSxm(row) && row.cards === 8 ? 48 : 64,
    windowMs: 0,
    streams: 2,
    offlineBatch: isSxm(row) ? 1280 : 1024,
  }),
  'ssd-resnet34': (row) => ({
    batch: 8,
    windowMs: 30,
    streams: isSxm(row) && row.cards === 8 ? 4 : 2,
    offlineBatch: 64,
  }),
  rnnt: (row) => ({
    batch: isSxm(row) && row.cards === 4 ? 1792 : 2048,
    windowMs: 0,
    streams: 1,
    offlineBatch: 2048,
  }),
}

function resnet50(row: ServerRow): Omit<Settings, 'offlineBatch'> {
  const triton = row.system.endsWith('Triton')
  if (!isSxm(row)) {
    return triton ? { batch: 64, windowMs: 1, streams: 3 } : { batch: 128, windowMs: 2, streams: 5 }
  }
  if (row.cards === 8) return { batch: 128, windowMs: 4, streams: 2 }
  return triton ? { batch: 64, windowMs: 4, streams: 2 } : { batch: 64, windowMs: 2, streams: 4 }
}

export const settingsOf = (row: ServerRow): Settings => SETTINGS[row.model](row)

import { type Pair, pairsOf } from './errors.ts'
import { fitServer } from './fit-server.ts'
import type { PublishedRow } from './published.ts'
import type { ServerModel } from './server-model.ts'

/** A concurrency sweep: the fitted rows, and the predicted rows outside the fit. */
export interface ConcurrencySweep {
  readonly model: ServerModel
  readonly gpu: string
  readonly fitted: readonly Pair[]
  readonly predicted: readonly Pair[]
}

export const GPUS = [
  { name: 'resnet50-t4', gpu: 'NVIDIA T4' },
  { name: 'resnet50-a100', gpu: 'NVIDIA DGX A100 (1x A100 80GB)' },
] as const

const PREDICTION = { replications: 3 }

/**
 * Fits batch curve and link to every other row, from the first or the second on, and predicts the
 * remaining rows.
 */
export function resnet50Sweep(
  rows: readonly PublishedRow[],
  { name, gpu }: (typeof GPUS)[number],
  from: 0 | 1,
): ConcurrencySweep {
  const online = rows.filter(
    (row) => row.online && row.model === 'ConvNets/resnet50' && row.heading.startsWith(`${gpu},`),
  )
  const chosen = online.filter((_, i) => i % 2 === from)
  const model = fitServer(started(name, gpu, chosen), chosen)
  const others = online.filter((row) => !chosen.includes(row))
  const pairs = (of: readonly PublishedRow[]) => pairsOf(model, of, PREDICTION)
  return { model, gpu, fitted: pairs(chosen), predicted: pairs(others) }
}

/**
 * The batch curve of the rows. By Little's law throughput x compute time is the number of requests
 * in the only instance, which is its batch size while it is always busy.
 */
function started(name: string, gpu: string, rows: readonly PublishedRow[]): ServerModel {
  const curve = new Map<number, number>()
  for (const { throughputRps, computeMs } of rows) {
    curve.set(Math.round((throughputRps * computeMs) / 1000), computeMs)
  }
  const sizes = [...curve.keys()].sort((a, b) => a - b)
  const ms = sizes.map((size) => curve.get(size)!)
  const clientMs = rows.map((row) => row.meanMs - row.networkMs - row.queueMs - row.computeMs)
  return {
    name,
    description:
      `ResNet50 (FP16, ONNX Runtime with TensorRT) on Triton with one instance on one ${gpu}: the published sweep of ` +
      'concurrent requests. Set traffic.clients.arrivals.users from 16 to 256.',
    sizes,
    ms,
    cv: 0.05,
    link: { delayMs: 1, perRequestMs: (0.8 * ms.at(-1)!) / sizes.at(-1)! },
    thinkMs: clientMs.reduce((sum, think) => sum + think, 0) / clientMs.length,
    replicas: 1,
    maxBatch: 128,
    preferred: [64, 128],
  }
}

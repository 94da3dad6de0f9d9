import { type ErrorSummary, JUDGED, type Judged, type Pair, pairsOf, summarise } from './errors.ts'
import { littleRatio, type PublishedRow } from './published.ts'
import type { ServerModel } from './server-model.ts'

/**
 * Four assumptions on how two instances on one GPU slow each other down. Offline rows do not show
 * it, since they have one request at a time.
 */
export const APPROACHES = {
  independent: {
    text: 'two instances that do not disturb each other',
    replicas: 2,
    factor: 1,
    largest: 1024,
  },
  serial: {
    text: 'one instance: the GPU runs a batch at a time',
    replicas: 1,
    factor: 1,
    largest: 1024,
  },
  shared: {
    text: 'two instances, each at half the speed',
    replicas: 2,
    factor: 2,
    largest: 1024,
  },
  preferred: {
    text: 'the same, and no batch beyond the first preferred size, 512',
    replicas: 2,
    factor: 2,
    largest: 512,
  },
} as const
export type Approach = keyof typeof APPROACHES
export const APPROACH_NAMES = Object.keys(APPROACHES) as Approach[]

/** One published online sweep, predicted from the offline rows of the same table. */
export interface OfflineToOnline {
  readonly heading: string
  readonly models: Readonly<Record<Approach, ServerModel>>
  readonly pairs: Readonly<Record<Approach, readonly Pair[]>>
  /** median over the rows */
  readonly little: number
}

const PREDICTION = { replications: 1 }
/** The published preferred batch sizes, inferences. */
const PREFERRED = [512, 1024]

export function tftSweeps(rows: readonly PublishedRow[]): OfflineToOnline[] {
  const tft = rows.filter((row) => row.model === 'TFT')
  const headings = [...new Set(tft.filter(({ online }) => online).map(({ heading }) => heading))]
  return headings.map((heading) => {
    const selected = tft.filter((row) => row.heading === heading)
    const online = selected.filter((row) => row.online)
    const offline = selected.filter((row) => !row.online)
    const models = perApproach((approach) => modelOf(heading, offline, online, approach))
    const pairs = perApproach((approach) => pairsOf(models[approach], online, PREDICTION))
    const ratios = online.map(littleRatio).sort((a, b) => a - b)
    return { heading, models, pairs, little: ratios[ratios.length >> 1]! }
  })
}

function perApproach<T>(of: (approach: Approach) => T): Record<Approach, T> {
  return Object.fromEntries(APPROACH_NAMES.map((name) => [name, of(name)])) as Record<Approach, T>
}

/** Errors over all sweeps together. */
export function overall(
  sweeps: readonly OfflineToOnline[],
  approach: Approach,
): Record<Judged, ErrorSummary> {
  const all = sweeps.flatMap(({ pairs }) => pairs[approach])
  return Object.fromEntries(JUDGED.map((of) => [of, summarise(all, of)])) as Record<
    Judged,
    ErrorSummary
  >
}

/** The batch curve: offline rows with batches that are whole multiples of an online request. */
function modelOf(
  heading: string,
  offline: readonly PublishedRow[],
  online: readonly PublishedRow[],
  approach: Approach,
): ServerModel {
  const { replicas, factor, largest } = APPROACHES[approach]
  const each = online[0]!.clientBatch
  const curve = offline.filter(({ clientBatch }) => clientBatch % each === 0)
  const alone = offline.find(({ clientBatch }) => clientBatch === each)!
  return {
    name: 'tft',
    description:
      `TFT on Triton, ${heading}, two instances on one GPU; requests of ${each} inferences. The batch curve is that of the ` +
      'offline rows, at half the speed as two instances share the GPU. Set traffic.clients.arrivals.users from 8 to 256.',
    sizes: curve.map(({ clientBatch }) => clientBatch / each),
    ms: curve.map(({ computeMs }) => factor * computeMs),
    cv: 0,
    link: { delayMs: alone.networkMs + alone.queueMs, perRequestMs: 0 },
    thinkMs: 0.05,
    replicas,
    maxBatch: largest / each,
    preferred: PREFERRED.filter((size) => size <= largest).map((size) => size / each),
  }
}

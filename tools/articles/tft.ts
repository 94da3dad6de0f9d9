import { fixed } from '../../reports/format.ts'
import type { ArticlesFigures } from '../claims/figures/articles.ts'
import { medianText } from '../claims/figures/parts.ts'
import { markdownTable } from '../markdown-table.ts'
import type { Section } from '../study.ts'
import { littleRatio, type PublishedRow } from './published.ts'
import {
  BARS,
  JUDGED,
  judgedHeads,
  NAMES,
  type Pair,
  pairsOf,
  predictedFigures,
  type ServerModel,
  summarise,
  summaryText,
} from './server-model.ts'

/**
 * Four assumptions on how two instances on one GPU slow each other down. Offline rows do not show
 * it, since they have one request at a time.
 */
const APPROACHES = {
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
type Approach = keyof typeof APPROACHES
const APPROACH_NAMES = Object.keys(APPROACHES) as Approach[]

/** One published online sweep, predicted from the offline rows of the same table. */
type OfflineToOnline = ReturnType<typeof tftSweeps>[number]

const PREDICTION = { replications: 1 }
/** The published preferred batch sizes, inferences. */
const PREFERRED = [512, 1024]

export function tftSweeps(rows: readonly PublishedRow[]) {
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

/** The rows of all sweeps together. */
const allPairs = (sweeps: readonly OfflineToOnline[], approach: Approach): Pair[] =>
  sweeps.flatMap(({ pairs }) => pairs[approach])

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

/** Errors relative to their limits. */
const badness = (pairs: readonly Pair[]) =>
  JUDGED.reduce((sum, of) => sum + summarise(pairs, of).median / BARS[of], 0)

/** The approach with the smallest errors over all sweeps, relative to their limits. */
function bestApproach(sweeps: readonly OfflineToOnline[]): Approach {
  const score = (approach: Approach) => badness(allPairs(sweeps, approach))
  return APPROACH_NAMES.reduce((a, b) => (score(b) < score(a) ? b : a))
}

/** The sweep with the smallest error of that approach; it is shipped as a scenario. */
export function bestSweep(sweeps: readonly OfflineToOnline[]): {
  readonly sweep: OfflineToOnline
  readonly model: ServerModel
} {
  const approach = bestApproach(sweeps)
  const score = ({ pairs }: OfflineToOnline) => badness(pairs[approach])
  const sweep = sweeps.reduce((a, b) => (score(b) < score(a) ? b : a))
  return { sweep, model: sweep.models[approach] }
}

export const tftFigures = (sweeps: readonly OfflineToOnline[]): ArticlesFigures['tft'] => {
  const best = bestApproach(sweeps)
  return {
    sweeps: sweeps.length,
    approaches: APPROACH_NAMES.length,
    best: predictedFigures(APPROACHES[best].text, allPairs(sweeps, best)),
  }
}

export function offlineSection(sweeps: readonly OfflineToOnline[]): Section {
  const best = bestApproach(sweeps)
  const heads = judgedHeads()
  const approaches = APPROACH_NAMES.map((approach) => {
    const pairs = allPairs(sweeps, approach)
    const cells = JUDGED.map((of) => {
      const errors = summarise(pairs, of)
      return errors.met ? medianText(errors) : `${medianText(errors)}: missed`
    })
    return [APPROACHES[approach].text, ...cells]
  })
  const each = sweeps.map(({ heading, pairs, little }) => [
    heading.replace(' with FP16, Dataset: ', ', '),
    fixed(little, 2),
    ...JUDGED.map((of) => summaryText(pairs[best], of)),
  ])
  const shipped = bestSweep(sweeps).sweep.heading
  const text = `## Offline to online: TFT on Triton

Offline rows (one request at a time, by batch size) have the compute time of each batch. Online rows (8 to 256 concurrent requests of
16 inferences) are predicted from them, and nothing is fitted to an online row. The client's part is the offline network and
queue time of a request of 16. Two instances share one GPU online, and no offline row shows their interference, so
four approaches are compared. Medians over all ${sweeps.length} published sweeps, ${sweeps.length * 32} rows:

${markdownTable(['approach', ...heads], approaches)}

Each sweep by the best of them (${APPROACHES[best].text}):

${markdownTable(['sweep', 'Little', ...heads], each)}

${verdict(sweeps, best)} *Little* is published throughput × published mean latency over the number of requests.
It must be 1 in a closed loop, but the published rows lack up to a tenth of their throughput by themselves
(500 requests, in batches of up to 32, are counted in each row). The published compute times of T4 and A100 with TensorRT level off at twice the
offline time of a batch of 512, the first preferred size. The last approach adds that. Throughput stays below that of such batches back to
back, and no published figure explains why. In the rows at 8 and 32 requests, which the table names often, all
requests fit into one batch: the second instance is then idle, and half the speed is too little for the first.

\`scenarios/library/tft.yaml\` is the best of them: ${shipped}.`
  return { text, images: [], missed: [] }
}

/** The limits that the best approach meets. */
function verdict(sweeps: readonly OfflineToOnline[], approach: Approach): string {
  const pairs = allPairs(sweeps, approach)
  const list = (met: boolean) =>
    JUDGED.filter((of) => summarise(pairs, of).met === met)
      .map((of) => NAMES[of])
      .join(', ') || 'none'
  return `**Bars missed: ${list(false)}; met: ${list(true)}.**`
}

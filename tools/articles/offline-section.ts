import { fixed, signedPercent } from '../../reports/format.ts'
import { markdownTable } from '../markdown-table.ts'
import { summaryText } from './concurrency-section.ts'
import { BARS, JUDGED, judgedHeads, NAMES, summarise } from './errors.ts'
import type { ServerModel } from './server-model.ts'
import { APPROACH_NAMES, APPROACHES, type Approach, type OfflineToOnline, overall } from './tft.ts'

/** The approach with the smallest errors over all sweeps, relative to their limits. */
export function bestApproach(sweeps: readonly OfflineToOnline[]): Approach {
  const score = (approach: Approach) => {
    const errors = overall(sweeps, approach)
    return JUDGED.reduce((sum, of) => sum + errors[of].median / BARS[of], 0)
  }
  return APPROACH_NAMES.reduce((a, b) => (score(b) < score(a) ? b : a))
}

/** The sweep with the smallest error of that approach; it is shipped as a scenario. */
export function bestSweep(sweeps: readonly OfflineToOnline[]): {
  readonly sweep: OfflineToOnline
  readonly model: ServerModel
} {
  const approach = bestApproach(sweeps)
  const score = ({ pairs }: OfflineToOnline) =>
    JUDGED.reduce((sum, of) => sum + summarise(pairs[approach], of).median / BARS[of], 0)
  const sweep = sweeps.reduce((a, b) => (score(b) < score(a) ? b : a))
  return { sweep, model: sweep.models[approach] }
}

export function offlineSection(sweeps: readonly OfflineToOnline[]): string {
  const best = bestApproach(sweeps)
  const heads = judgedHeads()
  const approaches = APPROACH_NAMES.map((approach) => {
    const errors = overall(sweeps, approach)
    const cells = JUDGED.map((of) => {
      const { median, bias, met } = errors[of]
      const text = `${fixed(100 * median, 1)} %, leaning ${signedPercent(bias)}`
      return met ? text : `${text}: missed`
    })
    return [APPROACHES[approach].text, ...cells]
  })
  const each = sweeps.map(({ heading, pairs, little }) => [
    heading.replace(' with FP16, Dataset: ', ', '),
    fixed(little, 2),
    ...JUDGED.map((of) => summaryText(pairs[best], of)),
  ])
  const shipped = bestSweep(sweeps).sweep.heading
  return `## Offline to online: TFT on Triton

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
}

/** The limits that the best approach meets. */
function verdict(sweeps: readonly OfflineToOnline[], approach: Approach): string {
  const errors = overall(sweeps, approach)
  const list = (met: boolean) =>
    JUDGED.filter((of) => errors[of].met === met)
      .map((of) => NAMES[of])
      .join(', ') || 'none'
  return `**Bars missed: ${list(false)}; met: ${list(true)}.**`
}

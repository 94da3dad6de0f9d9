import { headroomChart } from '../../reports/charts/latency/headroom.ts'
import { concurrencyChart } from '../../reports/charts/load/concurrency.ts'
import { paddingChart } from '../../reports/charts/load/padding.ts'
import { toPng } from '../../reports/charts/render.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { type ArticlesFigures, predictedFigures } from '../claims/figures/articles.ts'
import { withHead } from '../claims/head.ts'
import { beginStudy, writeRecord } from '../claims/record.ts'
import { acceleratorsPart, haveAccelerators, missingAccelerators } from './accelerators/page.ts'
import { haveTraces } from './azure.ts'
import {
  barsMet,
  type ConcurrencyStudy,
  chartOf,
  concurrencySection,
  imageOf,
} from './concurrency-section.ts'
import { BARS, type ErrorSummary, JUDGED, type Judged, NAMES, summarise } from './errors.ts'
import { fleetPart } from './fleet/page.ts'
import { headrooms } from './headroom.ts'
import { bestApproach, bestSweep, offlineSection } from './offline-section.ts'
import { BATCHES, paddings, variability } from './padding.ts'
import { havePublished, publishedRows, SHARED, SOURCE } from './published.ts'
import { GPUS, resnet50Sweep } from './resnet50.ts'
import { scenarioText } from './server-model.ts'
import { APPROACH_NAMES, APPROACHES, type OfflineToOnline, overall, tftSweeps } from './tft.ts'
import {
  HEADROOM_IMAGE,
  headroomChartOf,
  headroomSection,
  PADDING_IMAGE,
  paddingChartOf,
  paddingSection,
} from './traffic-section.ts'

/**
 * Reproduces charts that are quoted in the field from published measurements and real traces beside
 * the repository: `npm run articles`; after `--`, `accelerators` makes that page alone, and `fleet`
 * the page on scaling, which takes longer than all others and is made only when it is named.
 * `--write` keeps pages, charts and fitted scenarios. Exits with 1 if a limit of the concurrency
 * sweeps is exceeded or the data are missing. Missed bars are printed.
 */

const PAGE = 'docs/background/articles.md'
const LIBRARY = 'scenarios/library'
/** Concurrent requests of the library scenarios. */
const USERS = 64

if (process.argv.includes('fleet')) await fleet()
else if (process.argv.includes('accelerators')) await accelerators()
else if (havePublished() && haveTraces()) {
  await main()
  await accelerators()
} else {
  process.stderr.write(
    `expected the published measurements and the Azure traces in ${SHARED.pathname}, got none; they are\n` +
      `${SOURCE} and https://github.com/Azure/AzurePublicDataset\n`,
  )
  process.exitCode = 1
}

async function fleet(): Promise<void> {
  if (!(await fleetPart(process.argv.includes('--write')))) process.exitCode = 1
}

async function accelerators(): Promise<void> {
  if (!haveAccelerators()) {
    process.stderr.write(`${missingAccelerators()}\n`)
    process.exitCode = 1
    return
  }
  const missed = await acceleratorsPart(process.argv.includes('--write'))
  for (const text of missed) process.stderr.write(`missed: ${text}\n`)
}

async function main(): Promise<void> {
  const begun = beginStudy('articles')
  const rows = publishedRows()
  const studies = GPUS.map((gpu): ConcurrencyStudy => {
    process.stderr.write(`fitting ${gpu.name}\n`)
    return { sweep: resnet50Sweep(rows, gpu, 0), reversed: resnet50Sweep(rows, gpu, 1) }
  })
  process.stderr.write('predicting TFT\n')
  const sweeps = tftSweeps(rows)
  process.stderr.write('bisecting for headroom\n')
  const headroom = await headrooms()
  const padding = await paddings()
  const text = page([
    concurrencySection(studies),
    offlineSection(sweeps),
    headroomSection(headroom),
    paddingSection(padding),
  ])
  process.stdout.write(text)
  process.exitCode = studies.every(barsMet) ? 0 : 1
  if (!process.argv.includes('--write')) return
  const record = await writeRecord(begun, figuresOf(studies, sweeps))
  await writeWhole(PAGE, withHead(text, record))
  const models = [...studies.map(({ sweep }) => sweep.model), bestSweep(sweeps).model]
  for (const model of models) {
    await writeWhole(`${LIBRARY}/${model.name}.yaml`, scenarioText(model, USERS))
  }
  for (const study of studies) {
    await writeWhole(`docs/images/${imageOf(study)}`, await toPng(concurrencyChart(chartOf(study))))
  }
  const drawn = new Map<number, Awaited<ReturnType<typeof variability>>>()
  for (const batch of BATCHES) drawn.set(batch, await variability(batch))
  const charts = [
    [HEADROOM_IMAGE, headroomChart(headroomChartOf(headroom))],
    [PADDING_IMAGE, paddingChart(paddingChartOf(padding, drawn))],
  ] as const
  for (const [image, chart] of charts) {
    await writeWhole(`docs/images/${image}`, await toPng(chart))
  }
}

function figuresOf(
  studies: readonly ConcurrencyStudy[],
  sweeps: readonly OfflineToOnline[],
): ArticlesFigures {
  const best = bestApproach(sweeps)
  const summaries = overall(sweeps, best)
  const judged = (rows: number, summaryOf: (of: Judged) => ErrorSummary) =>
    JUDGED.map((of) => ({ name: NAMES[of], rows, bar: BARS[of], summary: summaryOf(of) }))
  const rows = sweeps.reduce((sum, { pairs }) => sum + pairs[best].length, 0)
  return {
    resnet50: studies.map(({ sweep: { gpu, predicted } }) =>
      predictedFigures(
        gpu,
        judged(predicted.length, (of) => summarise(predicted, of)),
      ),
    ),
    tft: {
      sweeps: sweeps.length,
      approaches: APPROACH_NAMES.length,
      best: predictedFigures(
        APPROACHES[best].text,
        judged(rows, (of) => summaries[of]),
      ),
    },
  }
}

function page(sections: readonly string[]): string {
  return `# Published charts, reproduced

\`npm run articles -- --write\` generates this page, its charts and the scenarios \`resnet50-t4\`, \`resnet50-a100\` and \`tft\` of the library. The inputs
are published measurements and real traces that are not part of this repository. The page does not depend on the machine: seeds are fixed. Errors
are relative, simulated − published. Bars apply to the median error over the rows.

${sections.join('\n\n')}
`
}

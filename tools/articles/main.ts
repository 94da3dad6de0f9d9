import { Argument } from 'commander'
import { headroomChart } from '../../reports/charts/latency/headroom.ts'
import { concurrencyChart } from '../../reports/charts/load/concurrency.ts'
import { paddingChart } from '../../reports/charts/load/padding.ts'
import { toPng } from '../../reports/charts/render.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { type ArticlesFigures, predictedFigures } from '../claims/figures/articles.ts'
import { withHead } from '../claims/head.ts'
import { beginStudy, writeRecord } from '../claims/record.ts'
import { smokeRun, studyCommand } from '../study.ts'
import {
  acceleratorsPart,
  haveAccelerators,
  missingAccelerators,
  triedAccelerators,
} from './accelerators/page.ts'
import { haveTraces } from './azure.ts'
import {
  barsMet,
  type ConcurrencyStudy,
  chartOf,
  concurrencySection,
  imageOf,
} from './concurrency-section.ts'
import { BARS, type ErrorSummary, JUDGED, type Judged, NAMES, summarise } from './errors.ts'
import {
  fleetPart,
  fleetStudies,
  fleetText,
  haveFleet,
  MISSING_FLEET,
  SMALL_FLEET,
} from './fleet/page.ts'
import { headrooms } from './headroom.ts'
import { bestApproach, bestSweep, offlineSection } from './offline-section.ts'
import { BATCHES, paddings, variability } from './padding.ts'
import { havePublished, type PublishedRow, publishedRows, SHARED, SOURCE } from './published.ts'
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

/** Published charts, reproduced: `npm run articles -- --help`. */

const PAGE = 'docs/background/articles.md'
const LIBRARY = 'scenarios/library'
/** Concurrent requests of the library scenarios. */
const USERS = 64

const MISSING = `expected the published measurements and the Azure traces in ${SHARED.pathname}, got none; they are ${SOURCE} and https://github.com/Azure/AzurePublicDataset
`

const command = studyCommand(
  'articles',
  'Reproduces charts that are quoted in the field from published measurements and real traces beside the repository. Exits with 1 if a limit of the concurrency sweeps is exceeded or the data are missing. Missed bars are printed.',
  [
    ['', 'the pages of published charts and of accelerators, two minutes on one core'],
    ['-- accelerators', 'that page alone'],
    ['-- fleet', 'scalers and places on recorded traffic, an hour'],
    ['-- --write', 'keeps pages, charts and fitted scenarios'],
  ],
)
  .addArgument(new Argument('[part]', 'one page alone').choices(['accelerators', 'fleet']))
  .option('--write', 'keep pages, charts and fitted scenarios')
  .parse()

const [part] = command.args
const { write = false, smoke = false } = command.opts<{ write?: true; smoke?: true }>()
if (smoke) await smokeRun(['articles', ...command.args].join(' '), () => tried(part))
else if (part === 'fleet') await fleet()
else if (part === 'accelerators') await accelerators()
else if (havePublished() && haveTraces()) {
  await charts()
  await accelerators()
} else {
  process.stderr.write(MISSING)
  process.exitCode = 1
}

/** A part with few data; what it did. */
async function tried(what: string | undefined): Promise<string> {
  if (what === 'fleet') {
    if (!haveFleet()) return `skipped: ${MISSING_FLEET}`
    const { studies, placements } = await fleetStudies(SMALL_FLEET)
    fleetText(studies, placements)
    return `${studies.length} kinds of traffic scaled and ${placements.length} placement played`
  }
  if (what === 'accelerators') {
    if (!haveAccelerators()) return `skipped: ${missingAccelerators()}`
    return `${await triedAccelerators()} sections composed`
  }
  if (!havePublished() || !haveTraces()) return `skipped: ${MISSING.trim()}`
  const all = publishedRows()
  const [{ heading }] = all.filter(({ model, online }) => model === 'TFT' && online) as [
    PublishedRow,
  ]
  const rows = all.filter(
    (row) => (row.model !== 'TFT' || row.heading === heading) && (!row.online || row.users <= 64),
  )
  const found = await reproduced(rows, GPUS.slice(0, 1), { loads: [0.5], steps: 1 })
  chartsPage(found)
  return `${found.studies.length} sweep fitted, ${found.sweeps.length} predicted, and ${found.headroom.length} traces played`
}

async function fleet(): Promise<void> {
  if (!haveFleet()) {
    process.stderr.write(`${MISSING_FLEET}\n`)
    process.exitCode = 1
    return
  }
  await fleetPart(write)
}

async function accelerators(): Promise<void> {
  if (!haveAccelerators()) {
    process.stderr.write(`${missingAccelerators()}\n`)
    process.exitCode = 1
    return
  }
  const missed = await acceleratorsPart(write)
  for (const text of missed) process.stderr.write(`missed: ${text}\n`)
}

/** The studies of published charts. */
interface Reproduced {
  readonly studies: readonly ConcurrencyStudy[]
  readonly sweeps: ReturnType<typeof tftSweeps>
  readonly headroom: Awaited<ReturnType<typeof headrooms>>
  readonly padding: Awaited<ReturnType<typeof paddings>>
}

async function reproduced(
  rows: readonly PublishedRow[],
  gpus: readonly (typeof GPUS)[number][],
  precision?: Parameters<typeof headrooms>[0],
): Promise<Reproduced> {
  const studies = gpus.map((gpu): ConcurrencyStudy => {
    process.stderr.write(`fitting ${gpu.name}\n`)
    return { sweep: resnet50Sweep(rows, gpu, 0), reversed: resnet50Sweep(rows, gpu, 1) }
  })
  process.stderr.write('predicting TFT\n')
  const sweeps = tftSweeps(rows)
  process.stderr.write('bisecting for headroom\n')
  const headroom = await headrooms(precision)
  const padding = await paddings()
  return { studies, sweeps, headroom, padding }
}

function chartsPage({ studies, sweeps, headroom, padding }: Reproduced): string {
  return page([
    concurrencySection(studies),
    offlineSection(sweeps),
    headroomSection(headroom),
    paddingSection(padding),
  ])
}

/** The page of published charts. */
async function charts(): Promise<void> {
  const begun = beginStudy('articles')
  const found = await reproduced(publishedRows(), GPUS)
  const text = chartsPage(found)
  process.stdout.write(text)
  process.exitCode = found.studies.every(barsMet) ? 0 : 1
  if (write)
    await keepCharts(
      found,
      withHead(text, await writeRecord(begun, figuresOf(found.studies, found.sweeps))),
    )
}

async function keepCharts(found: Reproduced, text: string): Promise<void> {
  const { studies, sweeps, headroom, padding } = found
  await writeWhole(PAGE, text)
  const models = [...studies.map(({ sweep }) => sweep.model), bestSweep(sweeps).model]
  for (const model of models) {
    await writeWhole(`${LIBRARY}/${model.name}.yaml`, scenarioText(model, USERS))
  }
  for (const study of studies) {
    await writeWhole(`docs/images/${imageOf(study)}`, await toPng(concurrencyChart(chartOf(study))))
  }
  const drawn = new Map<number, Awaited<ReturnType<typeof variability>>>()
  for (const batch of BATCHES) drawn.set(batch, await variability(batch))
  const images = [
    [HEADROOM_IMAGE, headroomChart(headroomChartOf(headroom))],
    [PADDING_IMAGE, paddingChart(paddingChartOf(padding, drawn))],
  ] as const
  for (const [image, chart] of images) {
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

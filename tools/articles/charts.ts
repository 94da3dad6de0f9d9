import type { Article, Section } from '../study.ts'
import { haveTraces } from './azure.ts'
import { headroomSection, headrooms } from './headroom.ts'
import { paddingSection, paddings } from './padding.ts'
import { havePublished, type PublishedRow, publishedRows, SHARED, SOURCE } from './published.ts'
import {
  barsMet,
  type ConcurrencyStudy,
  concurrencySection,
  GPUS,
  resnet50Sweep,
} from './resnet50.ts'
import { predictedFigures, scenarioText } from './server-model.ts'
import { bestSweep, offlineSection, tftFigures, tftSweeps } from './tft.ts'

/** Concurrent requests of the library scenarios. */
const USERS = 64

/** The page of published charts. */
export const charts: Article<'articles'> = {
  study: 'articles',
  isThere: () => havePublished() && haveTraces(),
  missing: `expected the published measurements and the Azure traces in ${SHARED.pathname}, got none; they are ${SOURCE} and https://github.com/Azure/AzurePublicDataset`,
  smoke: async () => {
    const all = publishedRows()
    const { heading } = all.find(({ model, online }) => model === 'TFT' && online)!
    const rows = all.filter(
      (row) => (row.model !== 'TFT' || row.heading === heading) && (!row.online || row.users <= 64),
    )
    const few = await reproduced(rows, GPUS.slice(0, 1), { loads: [0.5], steps: 1 })
    page(few.sections)
    return `${few.studies.length} sweep fitted, ${few.sweeps.length} predicted, and ${few.traces} traces played`
  },
  make: async () => {
    const { studies, sweeps, sections } = await reproduced(publishedRows(), GPUS)
    const models = [...studies.map(({ sweep }) => sweep.model), bestSweep(sweeps).model]
    return {
      page: page(sections),
      sections,
      failed: !studies.every(barsMet),
      figures: {
        resnet50: studies.map(({ sweep: { gpu, predicted } }) => predictedFigures(gpu, predicted)),
        tft: tftFigures(sweeps),
      },
      scenarios: Object.fromEntries(
        models.map((model) => [model.name, scenarioText(model, USERS)]),
      ),
    }
  },
}

async function reproduced(
  rows: readonly PublishedRow[],
  gpus: readonly (typeof GPUS)[number][],
  precision?: Parameters<typeof headrooms>[0],
) {
  const studies = gpus.map((gpu): ConcurrencyStudy => {
    process.stderr.write(`fitting ${gpu.name}\n`)
    return { sweep: resnet50Sweep(rows, gpu, 0), reversed: resnet50Sweep(rows, gpu, 1) }
  })
  process.stderr.write('predicting TFT\n')
  const sweeps = tftSweeps(rows)
  process.stderr.write('bisecting for headroom\n')
  const headroom = await headrooms(precision)
  const sections = [
    concurrencySection(studies),
    offlineSection(sweeps),
    headroomSection(headroom),
    paddingSection(await paddings()),
  ]
  return { studies, sweeps, traces: headroom.length, sections }
}

function page(sections: readonly Section[]): string {
  return `# Published charts, reproduced

\`npm run articles -- --write\` generates this page, its charts and the scenarios \`resnet50-t4\`, \`resnet50-a100\` and \`tft\` of the library. The inputs
are published measurements and real traces that are not part of this repository. The page does not depend on the machine: seeds are fixed. Errors
are relative, simulated − published. Bars apply to the median error over the rows.

${sections.map(({ text }) => text).join('\n\n')}
`
}

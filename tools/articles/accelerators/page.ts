import { markdownTable } from '../../markdown-table.ts'
import { githubSlug, headingText } from '../../site/headings.ts'
import type { Article, MadeArticle, Section } from '../../study.ts'
import { havePublished, SHARED } from '../published.ts'
import { bertSection, haveBert } from './bert.ts'
import { PRECISION_SCENARIO, precisionText } from './encoder-fits.ts'
import { frontSection } from './front.ts'
import { haveLlama, llamaLayersSection } from './llama-layers.ts'
import { haveGenerationRows, mlenergySection } from './mlenergy.ts'
import { haveServerRows, mlperfSection } from './mlperf.ts'
import { haveSpreads, residualSection } from './residuals.ts'
import { throughputSection, throughputStudy } from './throughput.ts'
import { transfersSection } from './transfers.ts'
import { vllmSection, vllmStudy } from './vllm.ts'
import { LIBRARY as ENGINES, haveVllmRuns, libraryText, SERVED } from './vllm-engine.ts'
import { haveCapRows, zeusSection } from './zeus.ts'

/** The page on accelerators, with its charts and the scenarios of the library that it fits. */

/** A study with the line that the table on top has of it. */
interface Study {
  readonly inputs: string
  readonly predicted: string
  readonly bar: string
  /** what the bar does not show */
  readonly note?: string
  readonly section: Section
}

const DATA = [havePublished, haveBert, haveLlama, haveGenerationRows, haveCapRows].concat(
  haveServerRows,
  haveSpreads,
  haveVllmRuns,
)

export const accelerators: Article<'accelerators'> = {
  study: 'accelerators',
  isThere: () => DATA.every((have) => have()),
  missing: `expected the published measurements of accelerators in ${SHARED.pathname}, got only some of them`,
  smoke: async () => {
    const sections = [bertSection(), mlenergySection(), zeusSection()]
    const { fits } = throughputStudy()
    precisionText(fits)
    return `${sections.length} sections composed`
  },
  make: async () => make(),
}

function make(): MadeArticle<'accelerators'> {
  const step = <T>(name: string, of: () => T): T => {
    process.stderr.write(`${name}\n`)
    return of()
  }
  const bert = step('BERT-base', bertSection)
  const layers = step('layers of Llama-2-7B', llamaLayersSection)
  const llama = step('ML.ENERGY', mlenergySection)
  const caps = step('power caps', zeusSection)
  const mlperf = step('MLPerf', mlperfSection)
  const engines = step('vLLM', () => Object.values(SERVED).map(vllmStudy))
  const vllm = vllmSection(engines)
  const studies: Study[] = [
    {
      inputs: 'BERT-base on T4 and A100: half of the latencies by batch and length',
      predicted: 'the other half',
      bar: 'median 15 %, worst 40 %',
      section: bert,
    },
    {
      inputs: 'Layers of Llama-2-7B on A40, A100 and H100: half of the token counts',
      predicted: 'the other half',
      bar: 'median 8 %',
      section: layers,
    },
    {
      inputs: 'Llama-3.1 on H100: half of the batch sizes',
      predicted: 'throughput, ITL p50 and power of the others',
      bar: 'median 10 %',
      note: 'the fall of throughput from 512 to 768 sequences is not predicted, only kept where both rows are fitted',
      section: llama,
    },
    {
      inputs: 'Trainings under power caps on one card',
      predicted: 'the slowdown on another one',
      bar: 'median 10 % above the knee',
      note: 'above the knee hardly anything slows down; below it, the error is larger',
      section: caps,
    },
    {
      inputs: 'MLPerf v1.1 on A100: offline rows',
      predicted: 'the highest server rate under the limit of p99',
      bar: '10 % in 3 of 4 models',
      note: 'by the two headline systems; rates of servers with Triton are predicted too high',
      section: mlperf,
    },
    {
      inputs: 'Two runs of vLLM: the first half of the requests',
      predicted: 'TTFT, TPOT and end to end of the second half',
      bar: '5 % end to end',
      section: vllm,
    },
  ]
  const swept = step('throughput of the catalogue', throughputStudy)
  const others = [
    throughputSection(swept),
    step('cost and p99 of cards', () => frontSection(swept.fits)),
    step('scatter of batches and steps', residualSection),
    step('from one card to another', transfersSection),
  ]
  const fitted = engines.map(({ model, chosen }) => {
    const { name } = ENGINES[model.name as keyof typeof ENGINES]
    return [name, libraryText(model, chosen.engines, chosen.times)] as const
  })
  return {
    page: pageText(studies, others),
    sections: [...studies.map(({ section }) => section), ...others],
    figures: {
      studies: studies.length,
      met: studies.filter(({ section }) => section.missed.length === 0).length,
      bert: bert.figures,
      llama: llama.figures,
      mlperf: mlperf.figures,
      vllm: vllm.figures,
    },
    scenarios: {
      ...Object.fromEntries(fitted),
      [PRECISION_SCENARIO]: precisionText(swept.fits),
    },
  }
}

/** The anchor of the heading of a section, as GitHub makes it. */
function anchorOf({ text }: Section): string {
  return githubSlug(headingText(/^## (.+)$/m.exec(text)![1]!))
}

export function pageText(studies: readonly Study[], others: readonly Section[]): string {
  const missed = studies.filter(({ section }) => section.missed.length > 0)
  const met = studies.filter(({ section }) => section.missed.length === 0)
  const rows = [...missed, ...met].map(({ inputs, predicted, bar, section, note }) => [
    `[${inputs}](#${anchorOf(section)})`,
    predicted,
    bar,
    [
      section.missed.length === 0 ? 'met' : `**missed**: ${section.missed.join('; ')}`,
      ...(note === undefined ? [] : [note]),
    ].join('; '),
  ])
  return `# Accelerators: published measurements, predicted

How close are models of accelerators to published measurements that they were not fitted on? Each study fits a model to some rows and predicts the others.
${missed.length === 0 ? `All ${studies.length} meet their bars.` : `${met.length} of ${studies.length} meet their bars.`} The bars were set before the studies and are not loosened.

${markdownTable(['fitted to', 'predicted', 'bar', 'result'], rows, 'llll')}

Errors are relative, predicted − published. \`npm run articles -- accelerators --write\` generates this page, its charts and the scenarios \`${PRECISION_SCENARIO}\`,
${Object.values(ENGINES)
  .map(({ name }) => `\`${name}\``)
  .join(' and ')} of the library. The inputs are published measurements that are not part
of this repository. The page does not depend on the machine.

What these models are for, and what they are not:

- A model that was **fitted** to a card predicts other batches and lengths on the same card. A prediction outside the fitted range is marked as extrapolated.
- From a **datasheet** alone, times are off by tens of percent, and by more in small passes ([errors](#simpler-fits-and-the-datasheet-alone)). Such results are marked as uncalibrated.
- **Elsewhere** than on its card, at its precision and with its engine a fit is transferred, and marked so, with the errors that
  [transfers between cards](#from-one-card-to-another) have shown. The slowdown by power caps is the only thing here that one card predicts well of another.

${[...studies.map(({ section }) => section.text), ...others.map(({ text }) => text)].join('\n\n')}
`
}

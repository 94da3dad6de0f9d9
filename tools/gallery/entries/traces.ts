import { rates } from '../../../reports/charts/load/rates.ts'
import { figuresCompared } from '../answers.ts'
import { subjectOf, tailsOf, worldOf } from '../charts.ts'
import { comparison, drawn, goodput, objectives, single, variedScenario } from '../comparison.ts'
import { type Group, WIDTH } from '../entry.ts'
import { figurePanels } from '../figure-panels.ts'

const azureCode = single({
  scenario: 'azure-code',
  profile: 'reference',
  question:
    'The busiest two minutes of a trace of code completions, four times as fast, meet a small encoder. Do 95 % of the requests end within 500 ms?',
  chart: ({ result }) => rates([worldOf(result)], WIDTH),
})

/** A scenario for each trace. */
const bothTraces = (scenario: string) => [
  variedScenario(`${scenario}-conv`)('conversations', 'for conversations'),
  variedScenario(`${scenario}-code`)('code', 'for code'),
]

const headroom = comparison({
  name: 'azure-headroom',
  question:
    'Two traces at the same mean load, half of the capacity, on the same four servers: is p99 below 2 s for bursty code completions as it is for conversations?',
  systems: bothTraces('azure-headroom'),
  show: drawn(
    tailsOf,
    () =>
      '[Published charts](../background/articles.md) has the load at which each of them holds it.',
  ),
})

const padding = comparison({
  name: 'azure-padding',
  question:
    'Prompts in batches of 8 are padded to the longest one. Which share of the computed tokens is of requests?',
  systems: bothTraces('azure-padding'),
  show: (systems) => {
    const rows = systems.map(({ label, phrase, result }) => {
      return { label, phrase, estimate: result.pools[0]!.batch_efficiency! }
    })
    const panels = [{ name: 'padding efficiency', quantity: 'share', limit: null, rows } as const]
    return {
      chart: figurePanels({ subtitle: `${subjectOf(systems)} · batches of 8`, panels }, WIDTH),
      answer: `${figuresCompared('Padding efficiency', 'share', rows)} The rest is padding.`,
    }
  },
})

const pages = comparison({
  name: 'azure-pages',
  question:
    'A card has memory for 32,768 tokens of conversations. What does it change to hold them in blocks of 16 tokens, and not in reservations of 4,096?',
  systems: [
    variedScenario('azure-pages-conv')('blocks', 'in blocks'),
    variedScenario('azure-reserved-conv')('reservations', 'in reservations'),
  ],
  show: objectives((systems) => [goodput(systems)]),
})

export const traces: Group = { title: 'Traces', entries: [azureCode, headroom, padding, pages] }

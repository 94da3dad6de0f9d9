import { loadVariants } from '../../../runtime/jobs/variants/load-variants.ts'
import { variants } from '../../../runtime/jobs/variants/variants.ts'
import { figuresCompared, objectivesCompared, verdictSentences } from '../answers.ts'
import { objectivesOf } from '../charts.ts'
import { comparison, type Entry, type Group, WIDTH } from '../entry.ts'
import { figurePanels, objectivePanels } from '../figure-panels.ts'
import { pathOf } from '../simulated.ts'

/** Variants of the scenario, by their names in words. */
const PHRASES: Readonly<Record<string, string>> = {
  't4-fp32': 'on a T4 in fp32',
  't4-fp16': 'on a T4 in fp16',
  't4-int8': 'on a T4 in int8',
  'a100-tf32': 'on an A100 in tf32',
  'a100-fp16': 'on an A100 in fp16',
  'a100-int8': 'on an A100 in int8',
}

const precision: Entry = {
  name: 'precision',
  scenarios: ['precision'],
  systems: [{ scenario: 'precision' }],
  question:
    'BERT-base runs on one T4 or A100. What do fp16 and int8 change at 60 requests/s, where batches are small?',
  commands: ['spillway variants precision'],
  sources: [],
  show: async () => {
    const { document } = await variants(await loadVariants(pathOf('precision'), {}))
    const systems = document.variants.map(({ name, row, figures }) => {
      const [label, phrase] = [name.replace('-', ' '), PHRASES[name]!]
      return { label, phrase, objectives: row.objectives, lost: () => null, figures }
    })
    const [first, ...others] = systems
    const utilised = systems.map(({ figures, ...of }) => ({ ...of, estimate: figures.utilisation }))
    const panels = [
      ...objectivePanels(systems),
      { name: 'utilisation', quantity: 'share', limit: null, rows: utilised } as const,
    ]
    const subtitle = `precision · simulated: ${document.replications} replications, the same requests for all · line: 95 % interval`
    return {
      chart: figurePanels({ subtitle, panels }, WIDTH),
      answer: `${objectivesCompared([first!, ...others])} ${figuresCompared('Utilisation', 'share', utilised)}`,
    }
  },
}

const engine = (name: string, scenario: string, subject: string) =>
  comparison({
    name,
    question: `${subject} serves chats on vLLM, by step times that were fitted to a published run. Do 95 % of the first tokens come within half a second?`,
    systems: [{ scenario, label: scenario }],
    show: (systems) => ({
      chart: objectivesOf(systems),
      answer: verdictSentences(systems[0].result),
    }),
  })

export const accelerators: Group = {
  title: 'Accelerators',
  entries: [
    precision,
    engine('llama-rtx-pro-6000', 'llama-3.1-8b-rtx-pro-6000', 'One RTX PRO 6000 with Llama-3.1-8B'),
    engine(
      'qwen3-rtx-pro-6000',
      'qwen3-30b-a3b-rtx-pro-6000x2',
      'A pair of RTX PRO 6000 with Qwen3-30B-A3B',
    ),
  ],
}

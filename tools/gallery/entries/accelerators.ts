import { objectivesOf } from '../charts.ts'
import { single } from '../comparison.ts'
import type { Group } from '../entry.ts'
import { variantsEntry } from '../variants-entry.ts'

const precision = variantsEntry({
  scenario: 'precision',
  systems: [{ scenario: 'precision' }],
  question:
    'BERT-base runs on one T4 or A100. What do fp16 and int8 change at 60 requests/s, where batches are small?',
  command: 'spillway variants precision',
  options: {},
  // "a100-int8" is "on an A100 in int8"
  named: (name) => {
    const [card, type] = name.split('-') as [string, string]
    const article = card === 'a100' ? 'an' : 'a'
    return { label: `${card} ${type}`, phrase: `on ${article} ${card.toUpperCase()} in ${type}` }
  },
  sharing: 'all',
})

const engine = (name: string, scenario: string, subject: string) =>
  single({
    name,
    scenario,
    question: `${subject} serves chats on vLLM, by step times that were fitted to a published run. Do 95 % of the first tokens come within half a second?`,
    chart: (system) => objectivesOf([system]),
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

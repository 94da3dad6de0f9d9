import {
  type LoadVariantsOptions,
  loadVariants,
} from '../../runtime/jobs/variants/load-variants.ts'
import { variants } from '../../runtime/jobs/variants/variants.ts'
import { figuresCompared, objectivesCompared } from './answers.ts'
import { type Entry, type System, WIDTH } from './entry.ts'
import { figurePanels, objectivePanels } from './figure-panels.ts'
import { pathOf } from './simulated.ts'

/** An entry of a scenario whose variants are simulated as `spillway variants` does. */
export function variantsEntry(
  of: Pick<Entry, 'question' | 'systems'> & {
    readonly scenario: string
    readonly command: string
    readonly options: LoadVariantsOptions
    /** the words for a variant */
    readonly named: (name: string) => Pick<System, 'label' | 'phrase'>
    /** variants that have the same requests, in words */
    readonly sharing: 'both' | 'all'
  },
): Entry {
  const { scenario, question, systems, command, options, named, sharing } = of
  return {
    name: scenario,
    scenarios: [scenario],
    systems,
    question,
    commands: [command],
    sources: [],
    show: async () => {
      const { document } = await variants(await loadVariants(pathOf(scenario), options))
      const [first, ...others] = document.variants.map(({ name, row, figures }) => {
        const { label, phrase } = named(name)
        const { objectives } = row
        return { label, phrase, objectives, lost: () => null, estimate: figures.utilisation }
      })
      const all = [first!, ...others] as const
      const subtitle = `${scenario} · simulated: ${document.replications} replications, the same requests for ${sharing} · line: 95 % interval`
      const panels = [
        ...objectivePanels(all),
        { name: 'utilisation', quantity: 'share', limit: null, rows: all } as const,
      ]
      return {
        chart: figurePanels({ subtitle, panels }, WIDTH),
        answer: `${objectivesCompared(all)} ${figuresCompared('Utilisation', 'share', all)}`,
      }
    },
  }
}

import { memoryMap } from '../../../reports/charts/memory/memory-map.ts'
import { capitalise } from '../../../reports/format.ts'
import { memoryAlarms } from '../../../reports/tables/memory-rows.ts'
import { memorySpaces } from '../../../reports/tables/memory-spaces.ts'
import { answering, figuresCompared, objectivesCompared } from '../answers.ts'
import { inputOf, objectivesOf } from '../charts.ts'
import { comparison, type Group, type System, WIDTH } from '../entry.ts'

const card = comparison({
  name: 'card-two-replicas',
  question:
    'One card of 24 GB: is it better to embed texts by one replica in batches of up to 32, or by two in batches of up to 16? By their sizes, both fit.',
  systems: [
    { scenario: 'card-batch-32', label: 'one replica' },
    { scenario: 'card-two-replicas', label: 'two replicas' },
  ],
  show: ([one, two]) => {
    const [space] = memorySpaces(inputOf(two!.result))
    const chart = space && memoryMap(space, WIDTH)
    if (!chart) throw new Error('Expected a map of the memory of card-two-replicas')
    return {
      chart,
      answer: `${objectivesCompared([answering(one), answering(two!)])} ${shortages([one, two!])}`,
    }
  },
})

/** How often memory ran out, for each system. */
function shortages(systems: readonly System[]): string {
  const texts = systems.map(({ phrase, result }) => {
    const alarms = memoryAlarms(result)
    return alarms.length === 0
      ? `${capitalise(phrase)} memory never runs out.`
      : `${capitalise(phrase)} memory runs out: ${alarms.join('; ')}.`
  })
  return texts.join(' ')
}

const under = (eviction: string, shipped: boolean) => ({
  scenario: 'model-swapping',
  label: eviction,
  ...(!shipped && { set: [`devices.card.residency.eviction=${eviction}`] }),
})

const swapping = comparison({
  name: 'model-swapping',
  question:
    'A card holds three of its four models. Which model is to be evicted for one that is requested, so that few requests wait for weights?',
  systems: [under('lru', true), under('lfu', false), under('cost-aware', false)],
  show: (systems) => {
    const [lru, ...others] = systems
    const cold = systems.map(({ label, phrase, result }) => {
      return { label, phrase, estimate: result.memory[0]!.residency!.cold_share }
    })
    const panel = {
      name: 'requests that wait for weights',
      quantity: 'share',
      limit: null,
    } as const
    return {
      chart: objectivesOf(systems, [{ ...panel, rows: cold }]),
      answer: `${objectivesCompared([answering(lru), ...others.map(answering)])} ${figuresCompared(
        'The share of requests that wait for weights',
        'share',
        cold,
      )}`,
    }
  },
})

export const memory: Group = { title: 'Memory', entries: [card, swapping] }

import { memoryMap } from '../../../reports/charts/memory/memory-map.ts'
import { capitalise } from '../../../reports/format.ts'
import { memoryAlarms } from '../../../reports/tables/memory-rows.ts'
import { memorySpaces } from '../../../reports/tables/memory-spaces.ts'
import { inputOf } from '../charts.ts'
import { comparison, drawn, expected, objectives, variedScenario } from '../comparison.ts'
import { type Group, type Systems, WIDTH } from '../entry.ts'

const card = comparison({
  name: 'card-two-replicas',
  question:
    'One card of 24 GB: is it better to embed texts by one replica in batches of up to 32, or by two in batches of up to 16? By their sizes, both fit.',
  systems: [
    variedScenario('card-batch-32')('one replica', 'with one replica'),
    variedScenario('card-two-replicas')('two replicas', 'with two replicas'),
  ],
  show: drawn(([, two]) => {
    const [space] = memorySpaces(inputOf(two!.result))
    return expected(space && memoryMap(space, WIDTH), 'the memory of card-two-replicas')
  }, shortages),
})

/** How often memory ran out, for each system. */
function shortages(systems: Systems): string {
  const texts = systems.map(({ phrase, result }) => {
    const alarms = memoryAlarms(result)
    return alarms.length === 0
      ? `${capitalise(phrase)} memory never runs out.`
      : `${capitalise(phrase)} memory runs out: ${alarms.join('; ')}.`
  })
  return texts.join(' ')
}

const under = (eviction: string, ...set: readonly string[]) =>
  variedScenario('model-swapping')(eviction, `with ${eviction}`, ...set)
const EVICTION = 'devices.card.residency.eviction'

const swapping = comparison({
  question:
    'A card holds three of its four models. Which model is to be evicted for one that is requested, so that few requests wait for weights?',
  systems: [
    under('lru'),
    under('lfu', `${EVICTION}=lfu`),
    under('cost-aware', `${EVICTION}=cost-aware`),
  ],
  show: objectives((systems) => [
    {
      name: 'requests that wait for weights',
      text: 'The share of requests that wait for weights',
      quantity: 'share',
      rows: systems.map(({ label, phrase, result }) => {
        return { label, phrase, estimate: result.memory[0]!.residency!.cold_share }
      }),
    },
  ]),
})

export const memory: Group = { title: 'Memory', entries: [card, swapping] }

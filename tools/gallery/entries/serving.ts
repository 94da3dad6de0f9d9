import { fixed } from '../../../reports/format.ts'
import { referenceProfilePath } from '../../../runtime/folders/profile-paths.ts'
import { loadVariants } from '../../../runtime/jobs/variants/load-variants.ts'
import { variants } from '../../../runtime/jobs/variants/variants.ts'
import type { Estimate, Result } from '../../../sim/documents/index.ts'
import { answering, figuresCompared, objectivesCompared, verdictSentences } from '../answers.ts'
import { subjectOf, tailOf, tailsOf } from '../charts.ts'
import { comparison, type Entry, type Group, single, WIDTH } from '../entry.ts'
import { figurePanels, objectivePanels } from '../figure-panels.ts'
import { pathOf, SHIPPED_PROFILE } from '../simulated.ts'

const tail = (result: Result) => ({ chart: tailOf(result), answer: verdictSentences(result) })

const first = single({
  scenario: 'first',
  profiled: true,
  question:
    'A small text encoder runs at half of its capacity. Do 95 % of its requests end within 30 ms?',
  show: tail,
})

const orientation = single({
  scenario: 'orientation',
  profiled: true,
  question:
    'A small convolutional net tells whether a line of text is upside down. Do 95 % of its requests end within 50 ms?',
  show: tail,
})

const atLoad = (scenario: string, load: number) =>
  ({ scenario, profiled: true, label: `load ${load}`, phrase: `at load ${load}` }) as const

const yardstick = comparison({
  name: 'yardstick',
  question:
    'A small net takes half a millisecond a batch. How does its tail grow with the load, and does p99 stay below 10 ms?',
  systems: [
    atLoad('yardstick-light', 0.3),
    atLoad('yardstick', 0.5),
    atLoad('yardstick-busy', 0.7),
    atLoad('yardstick-heavy', 0.85),
  ],
  show: (systems) => {
    const [lightest, ...others] = systems
    return {
      chart: tailsOf(systems),
      answer: objectivesCompared([answering(lightest), ...others.map(answering)]),
    }
  },
})

const BATCHES = [
  { name: 'batch-4', label: 'up to 4', phrase: 'in batches of up to 4', set: [] },
  {
    name: 'batch-1',
    label: 'one by one',
    phrase: 'one by one',
    set: ['pools.central.batching.max_batch=1'],
  },
] as const

/** Both at the same rate: a load is a share of the capacity of the first. */
const ocr: Entry = {
  name: 'ocr',
  scenarios: ['ocr'],
  systems: BATCHES.map(({ set }) => ({ scenario: 'ocr', set })),
  question:
    'On cpu, a net that recognises lines of text is bound by compute. Is it better to run the lines in padded batches, or one by one?',
  commands: [`spillway variants ocr ${SHIPPED_PROFILE} ${BATCHES.map(variantOption).join(' ')}`],
  sources: [],
  show: async () => {
    const profile = referenceProfilePath()
    const loaded = await loadVariants(pathOf('ocr'), { variants: BATCHES, profile })
    const { document } = await variants(loaded)
    const systems = BATCHES.map(({ label, phrase }, i) => {
      const { row, figures } = document.variants[i]!
      return { label, phrase, objectives: row.objectives, lost: () => null, figures }
    })
    const [batched, single] = systems as [(typeof systems)[number], (typeof systems)[number]]
    const utilised = systems.map(({ figures, ...of }) => ({ ...of, estimate: figures.utilisation }))
    const panels = [
      ...objectivePanels(systems),
      { name: 'utilisation', quantity: 'share', limit: null, rows: utilised } as const,
    ]
    const subtitle = `ocr · simulated: ${document.replications} replications, the same requests for both · line: 95 % interval`
    return {
      chart: figurePanels({ subtitle, panels }, WIDTH),
      answer: `${objectivesCompared([batched, single])} ${figuresCompared('Utilisation', 'share', utilised)}`,
    }
  },
}

const routedBy = (label: string, ...set: readonly string[]) =>
  ({ scenario: 'routers', label, phrase: `with ${label}`, set }) as const

const routers = comparison({
  name: 'routers',
  question:
    'Fast and slow pools stand behind one router. Which router keeps p99 below 150 ms, and what do metrics that are 50 ms old cost?',
  systems: [
    routedBy('random', 'router.policy=random'),
    routedBy('least-loaded'),
    routedBy('old loads', 'router.view_age_ms=50'),
    routedBy('least-work', 'router.policy=least-work'),
  ],
  show: (systems) => {
    const [random, ...others] = systems
    return {
      chart: tailsOf(systems),
      answer: objectivesCompared([answering(random), ...others.map(answering)]),
    }
  },
})

const PREFIX_ROUTERS = ['least-loaded', 'session-affinity', 'prefix-affinity', 'endpoint-picker']

const prefixRouters = comparison({
  name: 'prefix-routers',
  question:
    'Turns of a conversation begin with the turns before, which one of four replicas has computed. Which router keeps the first token below 1.5 s for 95 % of the turns?',
  systems: PREFIX_ROUTERS.map((policy) => ({
    scenario: 'prefix-routers',
    label: policy,
    phrase: `with ${policy}`,
    set: [`pools.engine.queue.routing=${policy}`],
  })),
  show: (systems) => {
    const [one, ...others] = systems
    return {
      chart: tailsOf(systems),
      answer: objectivesCompared([answering(one!), ...others.map(answering)]),
    }
  },
})

const LIMIT = 'pools.central.admission.concurrency.limit'
const AIMD = `{ setting: ${LIMIT}, controller: aimd, every_s: 2, target_ms: 90, min: 6, max: 200, increase: 2, decrease: 0.8 }`

const hourlyTuning = comparison({
  name: 'hourly-tuning',
  question:
    'Questions come by day, long documents at night. Is a limit of requests that is tuned hour by hour better than one that is set once?',
  systems: [
    { scenario: 'hourly-tuning', label: 'set to 12', phrase: 'set to 12', set: [`${LIMIT}=12`] },
    { scenario: 'hourly-tuning', label: 'set to 30', phrase: 'set to 30' },
    {
      scenario: 'hourly-tuning',
      label: 'tuned',
      phrase: 'tuned by AIMD',
      set: [`tuning=[${AIMD}]`],
    },
  ],
  show: (systems) => {
    const [one, ...others] = systems
    return {
      chart: tailsOf(systems),
      answer: objectivesCompared([answering(one), ...others.map(answering)]),
    }
  },
})

function variantOption({ name, set }: (typeof BATCHES)[number]): string {
  return `--variant '${[`${name}:`, ...set].join(' ')}'`
}

const ofServers = (servers: number) => ({
  scenario: 'fan-out',
  label: `${servers} servers`,
  phrase: `from ${servers} servers`,
})

/** The scenario ships with 100. */
const fanOut = comparison({
  name: 'fan-out',
  question:
    'Each server is slow for one request in a hundred. How many calls are slow that need the answers of a hundred servers?',
  systems: [
    ...([2, 10, 30] as const).map((servers) => ({
      ...ofServers(servers),
      set: [`traffic.search.fan_out=${servers}`],
    })),
    ofServers(100),
  ],
  show: (systems) => {
    const rows = systems.map(({ label, phrase, result }) => {
      const { made, answered } = result.classes[0]!.calls!
      return { label, phrase, estimate: shareOf(made - answered, made) }
    })
    const name = 'share of calls without all answers in 500 ms'
    const panels = [{ name, quantity: 'share', limit: null, rows } as const]
    const subtitle = `${subjectOf(systems)} · line: 95 % interval`
    const slow = figuresCompared('The share of calls without all answers in 500 ms', 'share', rows)
    return {
      chart: figurePanels({ subtitle, panels }, WIDTH),
      answer: `${slow} By arithmetic it is 1 − 0.99ⁿ of n servers, ${fixed(100 * (1 - 0.99 ** 100), 1)} % of 100.`,
    }
  },
})

/** A share of independent calls with its 95 % interval, by the normal approximation. */
function shareOf(part: number, n: number): Estimate {
  const value = part / n
  const half = 1.96 * Math.sqrt((value * (1 - value)) / n)
  return { value, low: value - half, high: value + half, n }
}

const copying = (label: string, ...set: readonly string[]) =>
  ({ scenario: 'tail-at-scale', label, phrase: `with ${label}`, set }) as const

const tailAtScale = comparison({
  name: 'tail-at-scale',
  question:
    'A request needs a hundred servers, each of which is slow now and then. Which copies of requests keep p90 of the calls below 100 ms, and what do they cost?',
  systems: [
    copying('single requests'),
    copying(
      'hedged requests',
      'traffic.search.hedge.policy=hedged',
      'traffic.search.hedge.after_percentile=95',
    ),
    copying('tied requests', 'traffic.search.hedge.policy=tied', 'traffic.search.hedge.delay_ms=1'),
  ],
  show: (systems) => {
    const [plain, ...others] = systems.map(answering)
    const objectives = systems.map(({ label, phrase, result }) => ({
      label,
      phrase,
      objectives: result.objectives,
    }))
    const wasted = systems.slice(1).map(({ label, phrase, result }) => {
      const { hedges } = result.classes[0]!
      return { label, phrase, estimate: hedges!.sent_share }
    })
    const panels = [
      ...objectivePanels(objectives),
      { name: 'copies for each request', quantity: 'share', limit: null, rows: wasted } as const,
    ]
    const subtitle = `${subjectOf(systems)} · line: 95 % interval`
    const cost = figuresCompared('The number of copies for each request', 'share', wasted)
    return {
      chart: figurePanels({ subtitle, panels }, WIDTH),
      answer: `${objectivesCompared([plain!, ...others])} ${cost}`,
    }
  },
})

export const serving: Group = {
  title: 'One-shot serving',
  entries: [
    ...[
      first,
      orientation,
      yardstick,
      ocr,
      fanOut,
      tailAtScale,
      routers,
      prefixRouters,
      hourlyTuning,
    ],
  ],
}

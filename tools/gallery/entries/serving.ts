import { fixed } from '../../../reports/format.ts'
import { shippedProfilePath } from '../../../runtime/folders/profile-paths.ts'
import type { Estimate } from '../../../sim/documents/index.ts'
import { figuresCompared } from '../answers.ts'
import { subjectOf } from '../charts.ts'
import { comparison, objectives, single, variedScenario } from '../comparison.ts'
import { type Group, WIDTH } from '../entry.ts'
import { figurePanels } from '../figure-panels.ts'
import { profileOption } from '../simulated.ts'
import { variantsEntry } from '../variants-entry.ts'

const first = single({
  scenario: 'first',
  profile: 'reference',
  question:
    'A small text encoder runs at half of its capacity. Do 95 % of its requests end within 30 ms?',
})

const orientation = single({
  scenario: 'orientation',
  profile: 'reference',
  question:
    'A small convolutional net tells whether a line of text is upside down. Do 95 % of its requests end within 50 ms?',
})

const LOADS = [
  ['yardstick-light', 0.3],
  ['yardstick', 0.5],
  ['yardstick-busy', 0.7],
  ['yardstick-heavy', 0.85],
] as const

const yardstick = comparison({
  name: 'yardstick',
  question:
    'A small net takes half a millisecond a batch. How does its tail grow with the load, and does p99 stay below 10 ms?',
  systems: LOADS.map(([scenario, load]) =>
    variedScenario(scenario, { profile: 'reference' })(`load ${load}`, `at load ${load}`),
  ),
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
const ocr = variantsEntry({
  scenario: 'ocr',
  systems: BATCHES.map(({ set }) => ({ scenario: 'ocr', set })),
  question:
    'On cpu, a net that recognises lines of text is bound by compute. Is it better to run the lines in padded batches, or one by one?',
  command: `spillway variants ocr ${profileOption('reference')} ${BATCHES.map(variantOption).join(' ')}`,
  options: { variants: BATCHES, profile: shippedProfilePath() },
  named: (name) => BATCHES.find((batch) => batch.name === name)!,
  sharing: 'both',
})

function variantOption({ name, set }: (typeof BATCHES)[number]): string {
  return `--variant '${[`${name}:`, ...set].join(' ')}'`
}

const routedBy = (label: string, ...set: readonly string[]) =>
  variedScenario('routers')(label, `with ${label}`, ...set)

const routers = comparison({
  question:
    'Fast and slow pools stand behind one router. Which router keeps p99 below 150 ms, and what do metrics that are 50 ms old cost?',
  systems: [
    routedBy('random', 'router.policy=random'),
    routedBy('least-loaded'),
    routedBy('old loads', 'router.view_age_ms=50'),
    routedBy('least-work', 'router.policy=least-work'),
  ],
})

const PREFIX_ROUTERS = ['least-loaded', 'session-affinity', 'prefix-affinity', 'endpoint-picker']

const prefixRouters = comparison({
  question:
    'Turns of a conversation begin with the turns before, which one of four replicas has computed. Which router keeps the first token below 1.5 s for 95 % of the turns?',
  systems: PREFIX_ROUTERS.map((policy) =>
    variedScenario('prefix-routers')(
      policy,
      `with ${policy}`,
      `pools.engine.queue.routing=${policy}`,
    ),
  ),
})

const LIMIT = 'pools.central.admission.concurrency.limit'
const AIMD = `{ setting: ${LIMIT}, controller: aimd, every_s: 2, target_ms: 90, min: 6, max: 200, increase: 2, decrease: 0.8 }`

const hourly = variedScenario('hourly-tuning')
const hourlyTuning = comparison({
  question:
    'Questions come by day, long documents at night. Is a limit of requests that is tuned hour by hour better than one that is set once?',
  systems: [
    hourly('set to 12', 'set to 12', `${LIMIT}=12`),
    hourly('set to 30', 'set to 30'),
    hourly('tuned', 'tuned by AIMD', `tuning=[${AIMD}]`),
  ],
})

/** The scenario ships with 100. */
const ofServers = (servers: number, ...set: readonly string[]) =>
  variedScenario('fan-out')(`${servers} servers`, `from ${servers} servers`, ...set)

const fanOut = comparison({
  question:
    'Each server is slow for one request in a hundred. How many calls are slow that need the answers of a hundred servers?',
  systems: [
    ...[2, 10, 30].map((servers) => ofServers(servers, `traffic.search.fan_out=${servers}`)),
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
    return {
      chart: figurePanels({ subtitle, panels }, WIDTH),
      answer: `${figuresCompared(`The ${name}`, 'share', rows)} By arithmetic it is 1 − 0.99ⁿ of n servers, ${fixed(100 * (1 - 0.99 ** 100), 1)} % of 100.`,
    }
  },
})

/** A share of independent calls with its 95 % interval, by the normal approximation. */
function shareOf(part: number, n: number): Estimate {
  const value = part / n
  const half = 1.96 * Math.sqrt((value * (1 - value)) / n)
  return { value, low: value - half, high: value + half, n }
}

const HEDGE = 'traffic.search.hedge'
const copying = (label: string, ...set: readonly string[]) =>
  variedScenario('tail-at-scale')(label, `with ${label}`, ...set)

const tailAtScale = comparison({
  question:
    'A request needs a hundred servers, each of which is slow now and then. Which copies of requests keep p90 of the calls below 100 ms, and what do they cost?',
  systems: [
    copying('single requests'),
    copying('hedged requests', `${HEDGE}.policy=hedged`, `${HEDGE}.after_percentile=95`),
    copying('tied requests', `${HEDGE}.policy=tied`, `${HEDGE}.delay_ms=1`),
  ],
  show: objectives(([, ...copies]) => [
    {
      name: 'copies for each request',
      text: 'The number of copies for each request',
      quantity: 'share',
      rows: copies.map(({ label, phrase, result }) => {
        return { label, phrase, estimate: result.classes[0]!.hedges!.sent_share }
      }),
    },
  ]),
})

export const serving: Group = {
  title: 'One-shot serving',
  entries: [
    ...[first, orientation, yardstick, ocr, fanOut, tailAtScale],
    ...[routers, prefixRouters, hourlyTuning],
  ],
}

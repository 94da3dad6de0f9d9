import { powerOverTime } from '../../../reports/charts/accelerator/power-over-time.ts'
import { latencyLimits } from '../../../reports/charts/load/limits.ts'
import { timeChart } from '../../../reports/charts/load/over-time.ts'
import { replicasOverTime } from '../../../reports/charts/load/replicas-over-time.ts'
import { LIGHT } from '../../../reports/charts/theme.ts'
import { estimateText, figure, time } from '../../../reports/format.ts'
import { answering, joined, objectivesCompared, verdictSentences } from '../answers.ts'
import { subjectOf, worldOf } from '../charts.ts'
import { comparison, type Group, type System, single, WIDTH } from '../entry.ts'
import { latencyLines } from '../latency-lines.ts'

const paymentPeak = single({
  scenario: 'payment-peak',
  profiled: true,
  question:
    'A payment peak brings 3.5 times the usual rate. Does p95 of the checkout hold in the worst 15 seconds?',
  show: (result) => {
    const system = { label: 'payment-peak', phrase: '', result }
    const chart = {
      subtitle: `${subjectOf([system])} · p95 of the requests by their arrival`,
      p: 0.95,
      limit: latencyLimits([worldOf(result)])[0]!,
      lines: [{ ...system, series: result.series }],
    }
    return { chart: latencyLines(chart, WIDTH), answer: verdictSentences(result) }
  },
})

/** ms; of the shipped scenario */
const TIMEOUT_MS = 250

const overload = comparison({
  name: 'overload',
  question:
    'A surge needs 1.5 times the capacity for half a minute, and clients give up after 250 ms. How does the service still answer as many requests in time as it can?',
  systems: [
    { scenario: 'overload', label: 'FIFO' },
    { scenario: 'overload-deadline', label: 'deadline', phrase: 'with shedding' },
    { scenario: 'overload-adaptive-lifo', label: 'adaptive LIFO' },
  ],
  show: (systems) => {
    const [fifo, ...others] = systems
    const limit = { limitMs: TIMEOUT_MS, text: `client timeout ${time(TIMEOUT_MS)}` }
    const chart = {
      subtitle: `${subjectOf(systems)} · median of the completed requests, by their arrival`,
      p: 0.5,
      limit,
      lines: systems.map((system) => ({ ...system, series: system.result.series })),
    }
    return {
      chart: latencyLines(chart, WIDTH),
      answer: objectivesCompared([answering(fifo), ...others.map(answering)]),
    }
  },
})

const retries = comparison({
  name: 'retry-storm',
  question:
    'Clients try again when they get no answer in 200 ms. Why does the service stay down after a surge of 5 s, and what cures it?',
  systems: [
    { scenario: 'retry-storm', label: 'no budget', phrase: 'without a retry budget' },
    {
      scenario: 'retry-budget',
      label: 'retry budget',
      phrase: 'with a budget and cancellation',
    },
  ],
  show: (systems) => {
    const [storm, ...others] = systems
    return {
      chart: timeChart({
        title: backlogFinding(systems),
        subtitle: `${subjectOf(systems)} · mean of each second`,
        width: WIDTH,
        bucketS: storm.result.series.bucket_s,
        yTitle: 'requests waiting',
        cover: [0, 1],
        lines: systems.map(({ label, result }, i) => ({
          name: label,
          color: i === 0 ? LIGHT.limit : LIGHT.simulated,
          values: result.series.queue_mean,
        })),
      }),
      answer: `${objectivesCompared([answering(storm), ...others.map(answering)])} ${recoveries(systems)}`,
    }
  },
})

/** The requests that wait at the end, after the surge has long passed. */
function backlogFinding([storm, ...others]: readonly System[]): string {
  const waiting = ({ result }: System) => {
    const mean = result.series.queue_mean.at(-1)!
    return mean < 1 ? 'hardly any' : figure(mean)
  }
  const { duration_s, surges: own } = storm!.result
  const since = duration_s - own[0]!.at_s
  const rest = others.map((system) => `${waiting(system)} ${system.phrase}`)
  return `${since} s after the surge began ${joined([`${waiting(storm!)} requests wait ${storm!.phrase}`, ...rest])}`
}

/** How long the surge of each system lasts in its queue. */
function recoveries(systems: readonly System[]): string {
  const texts = systems.map(({ phrase, result }) => {
    const { value, low, high, n, reason } = result.surges[0]!.recovery_s
    if (value === null) return `Recovery ${phrase}: ${reason ?? 'not known'}.`
    const ms = (s: number | null) => (s === null ? null : 1000 * s)
    const known = { value: 1000 * value, low: ms(low), high: ms(high), n }
    return `Recovery ${phrase}: after ${estimateText(known, 'time')}.`
  })
  return texts.join(' ')
}

const hotRack = comparison({
  name: 'hot-rack',
  question:
    'Four cards share the air of a rack, and a surge of ten minutes makes them hot. When do they throttle, and what keeps p99 below 2,500 ms?',
  systems: [
    { scenario: 'hot-rack', label: 'as it is', phrase: 'as it is' },
    {
      scenario: 'hot-rack',
      label: 'colder air',
      phrase: 'with air at 22 °C in place of 30 °C',
      set: ['racks.rack.supply_c=22'],
    },
    {
      scenario: 'hot-rack',
      label: 'power limit',
      phrase: 'with a power limit of 260 W',
      set: ['pools.cards.power.limit_w=260'],
    },
    {
      scenario: 'hot-rack',
      label: 'one more',
      phrase: 'with one more card',
      set: ['pools.cards.replicas=5'],
    },
  ],
  show: (systems) => {
    const [hot, ...others] = systems
    const chart = powerOverTime([worldOf(hot.result)], WIDTH)
    if (chart === null) throw new Error('Expected `hot-rack` to have power')
    return { chart, answer: objectivesCompared([answering(hot), ...others.map(answering)]) }
  },
})

const heatCascade = comparison({
  name: 'heat-cascade',
  question:
    'A fan of a rack has failed, and in a surge the first card becomes too warm and shuts down. What becomes of the other five, and what keeps the objectives?',
  systems: [
    { scenario: 'heat-cascade', label: 'as it is', phrase: 'as it is' },
    {
      scenario: 'heat-cascade',
      label: 'power limit',
      phrase: 'with a power limit of 250 W',
      set: ['pools.cards.power.limit_w=250'],
    },
    {
      scenario: 'heat-cascade',
      label: 'short queue',
      phrase: 'with a queue of at most 12',
      set: ['pools.cards.queue.max_length=12'],
    },
    {
      scenario: 'heat-cascade',
      label: 'repaired',
      phrase: 'with the fan repaired',
      set: ['racks.rack.supply_c=24'],
    },
  ],
  show: (systems) => {
    const [hot, ...others] = systems
    const chart = powerOverTime([worldOf(hot.result)], WIDTH)
    if (chart === null) throw new Error('Expected `heat-cascade` to have power')
    return { chart, answer: objectivesCompared([answering(hot), ...others.map(answering)]) }
  },
})

const eveningWave = single({
  scenario: 'evening-wave',
  question:
    'The rate rises twentyfold and falls again, and a replica needs about two minutes to start. What does the scaler cost above the fewest replicas that would do?',
  show: (result) => {
    const chart = replicasOverTime([worldOf(result)], WIDTH)
    if (chart === null) throw new Error('Expected `evening-wave` to be scaled')
    return { chart, answer: verdictSentences(result) }
  },
})

export const surges: Group = {
  title: 'Surges and overload',
  entries: [paymentPeak, overload, retries, hotRack, heatCascade, eveningWave],
}

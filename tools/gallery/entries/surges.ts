import { powerOverTime } from '../../../reports/charts/accelerator/power-over-time.ts'
import { latencyLimits } from '../../../reports/charts/load/limits.ts'
import { timeChart } from '../../../reports/charts/load/over-time.ts'
import { replicasOverTime } from '../../../reports/charts/load/replicas-over-time.ts'
import { LIGHT } from '../../../reports/charts/theme.ts'
import { estimateText, figure, listed, time } from '../../../reports/format.ts'
import { subjectOf, worldOf } from '../charts.ts'
import { comparison, drawn, expected, single, variedScenario } from '../comparison.ts'
import { type Group, type System, type Systems, WIDTH } from '../entry.ts'
import { latencyLines } from '../latency-lines.ts'

const seriesOf = (system: System) => ({ ...system, series: system.result.series })

const paymentPeak = single({
  scenario: 'payment-peak',
  profile: 'reference',
  question:
    'A payment peak brings 3.5 times the usual rate. Does p95 of the checkout hold in the worst 15 seconds?',
  chart: (system) => {
    const chart = {
      subtitle: `${subjectOf([system])} · p95 of the requests by their arrival`,
      p: 0.95,
      limit: latencyLimits([worldOf(system.result)])[0]!,
      lines: [seriesOf(system)],
    }
    return latencyLines(chart, WIDTH)
  },
})

/** ms; of the shipped scenario */
const TIMEOUT_MS = 250

const overload = comparison({
  question:
    'A surge needs 1.5 times the capacity for half a minute, and clients give up after 250 ms. How does the service still answer as many requests in time as it can?',
  systems: [
    variedScenario('overload')('FIFO', 'with FIFO'),
    variedScenario('overload-deadline')('deadline', 'with shedding'),
    variedScenario('overload-adaptive-lifo')('adaptive LIFO', 'with adaptive LIFO'),
  ],
  show: drawn((systems) => {
    const chart = {
      subtitle: `${subjectOf(systems)} · median of the completed requests, by their arrival`,
      p: 0.5,
      limit: { limitMs: TIMEOUT_MS, text: `client timeout ${time(TIMEOUT_MS)}` },
      lines: systems.map(seriesOf),
    }
    return latencyLines(chart, WIDTH)
  }),
})

const retries = comparison({
  question:
    'Clients try again when they get no answer in 200 ms. Why does the service stay down after a surge of 5 s, and what cures it?',
  systems: [
    variedScenario('retry-storm')('no budget', 'without a retry budget'),
    variedScenario('retry-budget')('retry budget', 'with a budget and cancellation'),
  ],
  show: drawn(
    (systems) =>
      timeChart({
        title: backlogFinding(systems),
        subtitle: `${subjectOf(systems)} · mean of each second`,
        width: WIDTH,
        bucketS: systems[0].result.series.bucket_s,
        yTitle: 'requests waiting',
        cover: [0, 1],
        lines: systems.map(({ label, result }, i) => ({
          name: label,
          color: i === 0 ? LIGHT.limit : LIGHT.simulated,
          values: result.series.queue_mean,
        })),
      }),
    recoveries,
  ),
})

/** The requests that wait at the end, after the surge has long passed. */
function backlogFinding([storm, ...others]: Systems): string {
  const waiting = ({ result }: System) => {
    const mean = result.series.queue_mean.at(-1)!
    return mean < 1 ? 'hardly any' : figure(mean)
  }
  const { duration_s, surges } = storm.result
  const since = duration_s - surges[0]!.at_s
  const rest = others.map((system) => `${waiting(system)} ${system.phrase}`)
  return `${since} s after the surge began ${listed([`${waiting(storm)} requests wait ${storm.phrase}`, ...rest])}`
}

/** How long the surge of each system lasts in its queue. */
function recoveries(systems: Systems): string {
  const texts = systems.map(({ phrase, result }) => {
    const { value, low, high, n, reason } = result.surges[0]!.recovery_s
    if (value === null) return `Recovery ${phrase}: ${reason ?? 'not known'}.`
    const ms = (s: number | null) => (s === null ? null : 1000 * s)
    const recovery = { value: 1000 * value, low: ms(low), high: ms(high), n }
    return `Recovery ${phrase}: after ${estimateText(recovery, 'time')}.`
  })
  return texts.join(' ')
}

/** The power of the first system over time. */
const power = drawn(([{ result }]) => expected(powerOverTime([worldOf(result)], WIDTH), 'power'))

const LIMIT = 'pools.cards.power.limit_w'
const rack = variedScenario('hot-rack')
const hotRack = comparison({
  question:
    'Four cards share the air of a rack, and a surge of ten minutes makes them hot. When do they throttle, and what keeps p99 below 2,500 ms?',
  systems: [
    rack('as it is', 'as it is'),
    rack('colder air', 'with air at 22 °C in place of 30 °C', 'racks.rack.supply_c=22'),
    rack('power limit', 'with a power limit of 260 W', `${LIMIT}=260`),
    rack('one more', 'with one more card', 'pools.cards.replicas=5'),
  ],
  show: power,
})

const cascade = variedScenario('heat-cascade')
const heatCascade = comparison({
  question:
    'A fan of a rack has failed, and in a surge the first card becomes too warm and shuts down. What becomes of the other five, and what keeps the objectives?',
  systems: [
    cascade('as it is', 'as it is'),
    cascade('power limit', 'with a power limit of 250 W', `${LIMIT}=250`),
    cascade('short queue', 'with a queue of at most 12', 'pools.cards.queue.max_length=12'),
    cascade('repaired', 'with the fan repaired', 'racks.rack.supply_c=24'),
  ],
  show: power,
})

const eveningWave = single({
  scenario: 'evening-wave',
  question:
    'The rate rises twentyfold and falls again, and a replica needs about two minutes to start. What does the scaler cost above the fewest replicas that would do?',
  chart: ({ result }) => expected(replicasOverTime([worldOf(result)], WIDTH), 'replicas'),
})

export const surges: Group = {
  title: 'Surges and overload',
  entries: [paymentPeak, overload, retries, hotRack, heatCascade, eveningWave],
}

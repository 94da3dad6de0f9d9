import type { ModelCounts, SizeCounts } from '../../../scenarios/evidence/statistics/index.ts'
import type { EvidenceValue } from '../../../sim/documents/index.ts'
import { SPEED, shortened, widthText } from '../../../sim/experiment/index.ts'
import { assumed, MEASURED_SPEED_WIDTH, type ScrapedScenario } from './scraped-scenario.ts'

/** What was counted, and in what time; null where that is not known. */
export interface CountedWindow {
  readonly counts: ModelCounts
  readonly seconds: number | null
  /** names of the files */
  readonly source: string
}

const RATE = 'traffic.requests.arrivals.rate_rps'
const WORK = 'models.server.work'
const POOL = 'pools.server'
const MOST_BUSY = 0.95

/** The scenario that counts of a server give, and what each of its values rests on. */
export function statisticsScenario(window: CountedWindow): ScrapedScenario {
  const { counts, seconds } = window
  const { sizes } = counts
  const largest = sizes.at(-1)!.size
  const busyMs = sizes.reduce((sum, { ms }) => sum + ms, 0)
  const replicas =
    seconds === null ? 1 : Math.max(1, Math.ceil(busyMs / (1000 * seconds * MOST_BUSY)))
  const rate = rateOf(window)
  const uncertain = {
    ...(rate.low !== null && {
      'traffic of requests': widthText({
        value: Number(rate.value),
        low: rate.low,
        high: rate.high!,
      }),
    }),
    [SPEED]: `± ${100 * MEASURED_SPEED_WIDTH} %`,
  }
  return {
    scenario: {
      ...{ spillway: 1, name: 'imported', duration_s: Math.max(60, Math.ceil(seconds ?? 0)) },
      models: {
        server: {
          work: { law: 'table', sizes: sizes.map(({ size }) => size), ms: sizes.map(meanMs) },
        },
      },
      traffic: [{ class: 'requests', arrivals: { process: 'poisson', rate_rps: rate.value } }],
      pools: [
        {
          ...{ name: 'server', model: 'server', replicas },
          ...(largest > 1 && {
            batching: { policy: 'dynamic', max_batch: largest, max_delay_ms: 0 },
          }),
        },
      ],
      uncertain,
    },
    values: [
      rate,
      ...sizes.map((of, i) => timeOf(of, i, window)),
      assumed(`${WORK}.cv`, 0, 'statistics have means only, and not how single batches differ'),
      {
        ...assumed(SPEED, 1, 'how much times differ on other days is not counted'),
        ...{ low: 1 / (1 + MEASURED_SPEED_WIDTH), high: 1 + MEASURED_SPEED_WIDTH },
      },
      assumed(`${POOL}.replicas`, replicas, 'the fewest that are busy at most 95 % of the time'),
      ...(largest > 1
        ? [
            assumed(`${POOL}.batching.max_batch`, largest, 'the largest batch that was executed'),
            assumed(
              `${POOL}.batching.max_delay_ms`,
              0,
              'statistics do not tell a batch window from a wait for the server',
            ),
          ]
        : []),
    ],
    warnings: warningsOf(window),
  }
}

const meanMs = ({ ms, executions }: SizeCounts) => shortened(ms / executions)

function timeOf(of: SizeCounts, i: number, { seconds, source }: CountedWindow): EvidenceValue {
  return {
    ...{ path: `${WORK}.ms.${i}`, value: meanMs(of), low: null, high: null, basis: 'measured' },
    ...{ source, from_s: seconds === null ? null : 0, until_s: seconds, n: of.executions },
    why: `mean time of executions of batch size ${of.size}`,
  }
}

function rateOf({ counts, seconds, source }: CountedWindow): EvidenceValue {
  const n = counts.answered + counts.failed
  if (seconds === null) {
    const most = Math.max(
      ...counts.sizes.map(({ size, executions, ms }) => (size * executions) / ms),
    )
    const why = 'a placeholder, half of what one replica carries: one reading has no time'
    return assumed(RATE, shortened((1000 * most) / 2), why)
  }
  const rate = n / seconds
  // arrivals are taken as those of a Poisson process
  const half = 1.96 / Math.sqrt(n)
  return {
    ...{ path: RATE, value: shortened(rate), low: rate * (1 - half), high: rate * (1 + half) },
    ...{ basis: 'measured', source, from_s: 0, until_s: seconds, n },
    why: 'requests that ended between the two readings',
  }
}

/** Of a size between two others, by a line through them: the worst share that it is off by. */
export function heldOutError(sizes: readonly SizeCounts[]): number | null {
  const errors = sizes.slice(1, -1).map((of, i) => {
    const [before, after] = [sizes[i]!, sizes[i + 2]!]
    const [low, high] = [before.ms / before.executions, after.ms / after.executions]
    const line = low + ((high - low) * (of.size - before.size)) / (after.size - before.size)
    return Math.abs((line * of.executions) / of.ms - 1)
  })
  return errors.length === 0 ? null : Math.max(...errors)
}

function warningsOf({ counts, seconds }: CountedWindow): string[] {
  const { sizes, answered, cached, queueMs, failed } = counts
  const waitMs = answered === 0 ? 0 : queueMs / answered
  const error = heldOutError(sizes)
  const few = sizes.filter(({ executions }) => executions < FEW).map(({ size }) => size)
  return [
    ...(seconds === null
      ? [
          `no rate is known: give an earlier reading before this one, or state it with --set ${RATE}=N`,
        ]
      : []),
    `requests waited ${shortened(waitMs)} ms in the mean, a batch window included: compare it with the simulated wait`,
    error === null
      ? 'fewer than three batch sizes were executed: times between them cannot be checked'
      : `each batch size is predicted from its neighbours within ${shortened(100 * error)} %`,
    ...(few.length > 0 ? [`batch sizes with fewer than ${FEW} executions: ${few.join(', ')}`] : []),
    ...(cached > 0 ? [`${cached} requests were answered from a cache: they are in the rate`] : []),
    ...(failed > 0
      ? [`${failed} requests failed: they are in the rate, and not in the times`]
      : []),
    `the number of replicas is assumed: state it with --set ${POOL}.replicas=N`,
  ]
}

/** Executions that a mean is unsteady with. */
const FEW = 30

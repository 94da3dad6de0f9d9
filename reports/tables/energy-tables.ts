import type { Estimate, PoolEnergy, Result } from '../../sim/documents/index.ts'
import { declared, estimateText, fixed, NONE, plural, threeDigits } from '../format.ts'
import { type Metric, metricTable, type ResultTable } from './result-tables.ts'

/** Marks figures that rest on assumptions, in tables and charts. */
export const UNCALIBRATED = '†'

/** The mark for the figures of a pool; empty where all of them were measured. */
export const markOf = ({ uncalibrated }: Pick<PoolEnergy, 'uncalibrated'>) =>
  uncalibrated.length > 0 ? UNCALIBRATED : ''

export interface PoweredPool {
  readonly name: string
  readonly energy: PoolEnergy
}

/** The pools of which the power is known. */
export const poweredPools = ({ pools }: Result): PoweredPool[] =>
  pools.flatMap(({ name, energy }) => (energy === null ? [] : [{ name, energy }]))

/** The line that explains the mark; null where nothing is marked. */
export function uncalibratedNote(pools: readonly PoweredPool[]): string | null {
  const marked = pools.filter(({ energy }) => energy.uncalibrated.length > 0)
  if (marked.length === 0) return null
  const marks = marked.map(({ energy }) => energy.uncalibrated.join('; '))
  const [first] = marks
  if (pools.length === marked.length && marks.every((text) => text === first)) {
    return `${UNCALIBRATED} uncalibrated: ${first}`
  }
  const each = marked.map(({ name }, i) => `${name}: ${marks[i]}`)
  return `${UNCALIBRATED} uncalibrated: ${each.join('. ')}`
}

/** Intervals in which an accelerator of the pool had less than the full clock, from its series. */
function belowFullClock({ series: { every_s, heat } }: PoolEnergy): number {
  return every_s * (heat?.lowest_clock ?? []).filter((clock) => clock < 1).length
}

interface Unit {
  readonly name: string
  readonly factor: number
}

/** "907 [905, 909] W": with a smaller unit for figures below 0.1. */
function withUnit(estimate: Estimate | null, unit: Unit, smaller?: Unit): string {
  if (estimate === null || estimate.value === null) return NONE
  const readable = smaller !== undefined && estimate.value < 0.1 ? smaller : unit
  const scaled = (value: number | null) => (value === null ? null : readable.factor * value)
  const { value, low, high, n } = estimate
  const shown = { value: scaled(value), low: scaled(low), high: scaled(high), n }
  return `${estimateText(shown, 'plain')} ${readable.name}`
}

const JOULE: Unit = { name: 'J', factor: 1 }
const MILLIJOULE: Unit = { name: 'mJ', factor: 1000 }
const GRAM: Unit = { name: 'g', factor: 1 }
const MILLIGRAM: Unit = { name: 'mg', factor: 1000 }

const marked = (head: string, text: (of: PoolEnergy) => string): Metric<PoolEnergy> => ({
  head,
  text: (of) => {
    const shown = text(of)
    return shown === NONE ? NONE : `${shown}${markOf(of)}`
  },
})

const energies = (result: Result) =>
  poweredPools(result).map(({ name, energy }) => [name, energy] as const)

const heated = (result: Result) => energies(result).filter(([, { series }]) => series.heat !== null)

const stopping = (result: Result) => energies(result).filter(([, own]) => own.shutdowns !== null)

export const ENERGY_TABLES: readonly ResultTable[] = [
  metricTable<PoolEnergy>(
    { caption: 'Energy of all accelerators', of: 'energy', note: energyNote },
    energies,
    [
      marked('mean power', ({ power_w }) => withUnit(power_w, { name: 'W', factor: 1 })),
      marked('a request', (of) => withUnit(of.joule_per_request, JOULE, MILLIJOULE)),
      marked('a token', (of) => withUnit(of.joule_per_token, JOULE, MILLIJOULE)),
      marked('CO2e a request', (of) => withUnit(of.carbon_g_per_request, GRAM, MILLIGRAM)),
    ],
  ),
  metricTable<PoolEnergy>({ caption: 'Heat', of: 'heat', note: heatNotes }, heated, [
    marked(
      'peak temperature',
      ({ series }) => `${fixed(Math.max(...series.heat!.warmest_c), 0)} °C`,
    ),
    marked('lowest clock', ({ series }) => `${percentOf(Math.min(...series.heat!.lowest_clock))}`),
    marked('below full clock', (of) => `${threeDigits(belowFullClock(of))} s`),
  ]),
  metricTable<PoolEnergy>(
    { caption: 'Lost to heat', of: 'lost to heat', note: stopNote },
    stopping,
    [
      marked('shutdowns a run', ({ shutdowns }) => {
        return threeDigits(shutdowns!.count / Math.max(1, shutdowns!.down.n))
      }),
      marked('replicas down', ({ shutdowns }) => estimateText(shutdowns!.down, 'plain')),
      marked('at most', ({ shutdowns }) => threeDigits(Math.max(...shutdowns!.series))),
    ],
  ),
]

const percentOf = (share: number) => `${fixed(100 * share, 0)} %`

/** The table of heat below has the note, where there is one. */
function energyNote(result: Result): string | null {
  return heated(result).length > 0 ? null : uncalibratedNote(poweredPools(result))
}

function stopNote(result: Result): string | null {
  const [first] = stopping(result)
  if (first === undefined) return null
  const [, { series }] = first
  return `replicas down: on average over time, and in the interval of ${declared(series.every_s)} s with the most of them`
}

/** What the columns mean, and what the mark means. */
function heatNotes(result: Result): string[] {
  const [first] = heated(result)
  if (first === undefined) return []
  const [, { series }] = first
  const how = `temperature of the warmest accelerator and lowest clock: at the end of each interval of ${declared(series.every_s)} s, means over ${plural(result.runs, 'replication')}`
  return [how, ...[uncalibratedNote(poweredPools(result)) ?? []].flat()]
}

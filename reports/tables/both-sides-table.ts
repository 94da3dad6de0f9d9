import type { Estimate, Result } from '../../sim/documents/index.ts'
import type { ReportInput } from '../charts/frame.ts'
import { estimateText, loadText, NONE, type Quantity } from '../format.ts'
import { capacityText } from './result-tables.ts'

const LEVELS = ['p50', 'p95', 'p99'] as const

/** Both sides of a what-if side by side, measured where both are; null without a second side. */
export function bothSidesTable(input: ReportInput) {
  const { measured, simulated } = input.against ?? { measured: null, simulated: null }
  const pairs = [
    [input.measured, measured],
    [input.simulated, simulated],
  ] as const
  for (const [a, b] of pairs) {
    if (a === null || b === null) continue
    return { caption: 'Both sides', columns: [a.world, 'A', 'B'], rows: rowsOf(a, b) }
  }
  return null
}

/** Figures of A, each beside that of B; a dash where a side has no such class or pool. */
function rowsOf(a: Result, b: Result): string[][] {
  const row = (name: string, of: (result: Result) => string) => [name, of(a), of(b)]
  const classes = namesOf([...a.classes, ...b.classes]).flatMap((name) => {
    const classOf = (result: Result) => result.classes.find((ofClass) => ofClass.name === name)
    const supported = LEVELS.filter((level) =>
      [a, b].some((result) => classOf(result)?.latency.percentiles[level].value != null),
    )
    return [
      ...supported.map((level) =>
        row(`${name}: latency ${level}`, (result) =>
          text(classOf(result)?.latency.percentiles[level], 'time'),
        ),
      ),
      row(`${name}: goodput`, (result) => text(classOf(result)?.goodput_share, 'share')),
    ]
  })
  const pools = namesOf([...a.pools, ...b.pools]).flatMap((name) => {
    const poolOf = (result: Result) => result.pools.find((pool) => pool.name === name)
    return [
      row(`${name}: utilisation`, (result) => text(poolOf(result)?.utilisation, 'share')),
      ...(poolOf(a)?.capacity_utilisation === undefined
        ? []
        : [
            row(`${name}: of capacity`, (result) =>
              text(poolOf(result)?.capacity_utilisation, 'share'),
            ),
          ]),
      row(`${name}: with stalls`, (result) => text(poolOf(result)?.occupied, 'share')),
      row(`${name}: capacity`, (result) => {
        const pool = poolOf(result)
        return pool === undefined ? NONE : capacityText(pool)
      }),
    ]
  })
  const load = row('load', (result) => (result.load === null ? NONE : loadText(result.load)))
  return [...classes, ...pools, load]
}

const namesOf = (named: readonly { readonly name: string }[]) =>
  Array.from(new Set(named.map(({ name }) => name)))

const text = (estimate: Estimate | undefined, quantity: Quantity) =>
  estimate === undefined ? NONE : estimateText(estimate, quantity)

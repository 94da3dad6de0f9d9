import { expect, test } from 'vitest'
import { Random } from '../sim/kernel/index.ts'
import { replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const replayed = replaysIn(folder)

test('a replay has the requests of the simulation: classes of a trace, growth and surges', async () => {
  const random = new Random('live-trace')
  let at = 0
  const rows = Array.from({ length: 400 }, () => {
    at += 0.01 * random.exponential()
    return `${at.toFixed(6)},${random.uniform() < 0.3 ? '/pay' : '/search'}\n`
  })
  put(folder, 'log.csv', `ts,endpoint\n${rows.join('')}`)
  const taking = (value: string, keys: string) =>
    `{ process: trace, file: log.csv, columns: { class: endpoint }, class_values: [${value}], ${keys} }`
  const search = taking(
    '/search',
    'surges: [{ at_s: 0.5, factor: 3, hold_s: 0.3 }], copy_shift_s: 0.1',
  )
  const scenario = changed(
    TINY,
    ['duration_s: 3', 'duration_s: 1.5'],
    ['warmup_s: 0.5', 'warmup_s: 0'],
    [
      /arrivals: \{[^\n]*\}/,
      `arrivals: ${taking('/pay', 'growth: 2.3')}\n  - class: search\n    arrivals: ${search}`,
    ],
  )
  const { result, notes } = await replayed('grown', scenario)
  expect(notes.join('\n')).toContain('log.csv: read as csv: time column `ts` (s)')
  const simulated = await run(
    ...['simulate', 'grown.yaml', '--profile', 'grown.json', '--replications', '1', '--json'],
  )
  expect(simulated.code, simulated.stderr).toBe(0)
  const { requests, classes } = JSON.parse(simulated.stdout)
  expect(result.requests).toBe(requests)
  const arrived = (cells: typeof result.classes) => cells.map(({ counts }) => counts.arrived)
  expect(arrived(result.classes)).toEqual(arrived(classes))
  // of some 150 rows in the run 30 % are payments, each of which is sent 2.3 times
  expect(arrived(classes)[0]! / (150 * 0.3)).toBeGreaterThan(1.7)
})

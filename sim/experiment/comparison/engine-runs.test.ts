import { expect, test } from 'vitest'
import { logLines, parseLog } from '../../serving/index.ts'
import { withEngines } from './engine-runs.ts'
import { knownGeneration, promptsOf } from './known-generation.test-helper.ts'

const SECONDS = 2
const run = knownGeneration(promptsOf(20, SECONDS), { seconds: SECONDS })
const { plan, requests, journal } = run
const lines = [...logLines(journal)].join('').trimEnd().split('\n')

test('a decision log has the runs of engines, and their events', () => {
  const { engineRuns: expected } = run
  const unseen: typeof run = { ...run, engineRuns: undefined }
  const { engineRuns, engineEvents } = withEngines(plan, requests, unseen)
  expect(engineRuns).toEqual(expected)
  expect(expected!.length).toBeGreaterThan(20)
  const ends: number[] = []
  for (const { report } of engineEvents) report({ stepped: (now) => void ends.push(now) })
  expect(ends).toEqual(expected!.map(({ done }) => done))
})

test.each([
  ['"ran"', 'does not have the times of all runs of steps'],
  ['"arrival"', 'does not lead to its rows'],
])('a decision log without its first entry with %s is refused', (event, problem) => {
  const first = lines.findIndex((line) => line.includes(event))
  const cut = parseLog(
    lines.filter((_, i) => i !== first),
    'cut',
  )
  const text = `the decision log of a replay ${problem}, so nothing is known of its engines;`
  expect(() => withEngines(plan, requests, { ...run, journal: cut })).toThrow(
    `${text} spillway audit DIR says more, or replay again`,
  )
})

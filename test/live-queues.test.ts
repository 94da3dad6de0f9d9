import { expect, test } from 'vitest'
import type { queueDisciplines } from '../sim/serving/index.ts'
import { replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { temporaryFolder } from './spillway.ts'

/**
 * Queue disciplines on a live clock; laws, never speeds. More users than a batch holds send again
 * as soon as they are answered, so requests wait at any speed of the machine. The audit checks that
 * the order is kept, the tests that it was another one than that of arrival.
 */

const folder = temporaryFolder()
const replayed = replaysIn(folder)

/** Every discipline: a new one must be added here. */
const queues: { readonly [D in keyof typeof queueDisciplines]: string } = {
  fifo: 'discipline: fifo',
  lifo: 'discipline: lifo',
  priority: 'discipline: priority',
  'earliest-deadline': 'discipline: earliest-deadline',
  'shortest-job': 'discipline: shortest-job',
  'deficit-round-robin': 'discipline: deficit-round-robin, quantum: 40',
  'virtual-token-counter': 'discipline: virtual-token-counter',
}

/** The key that gives the second class precedence, if the discipline depends on the class. */
const second: Partial<Record<keyof typeof queueDisciplines, readonly [string, string]>> = {
  priority: ['priority: 2', 'priority: 1'],
  'earliest-deadline': ['deadline_ms: 500', 'deadline_ms: 100'],
  'deficit-round-robin': ['weight: 1', 'weight: 3'],
  'virtual-token-counter': ['weight: 1', 'weight: 3'],
}

const MODEL =
  '{ builtin: transformer-encoder, layers: 1, hidden: 32, heads: 2, vocabulary: 100, pad_to: 8 }'

/** Texts of 60 users of two classes, on batches of four. */
function crowd(name: keyof typeof queueDisciplines): string {
  const classText = (label: string, key: string | undefined) => `  - class: ${label}
    arrivals: { process: closed-loop, users: 30, think_time_s: { distribution: fixed, value: 0.001 } }
    input_tokens: { distribution: uniform, min: 3, max: 120 }
${key === undefined ? '' : `    ${key}\n`}`
  const [firstKey, secondKey] = second[name] ?? []
  return changed(
    TINY,
    ['duration_s: 3', 'duration_s: 0.5'],
    ['warmup_s: 0.5', 'warmup_s: 0'],
    ['{ builtin: mlp, layers: 2, width: 64 }', MODEL],
    [
      /traffic:[\s\S]*?(?=^\w)/m,
      `traffic:\n${classText('web', firstKey)}${classText('other', secondKey)}`,
    ],
    [/batching: \{[^\n]*\}/, `batching: { policy: dynamic, max_batch: 4 }`],
    ['model: mlp', `model: mlp\n    queue: { ${queues[name]} }`],
  )
}

test.each(Object.keys(queues) as (keyof typeof queueDisciplines)[])('%s', async (name) => {
  const { rows } = await replayed(name, crowd(name))
  const order = [...rows.sent.keys()].sort((a, b) => rows.sent[a]! - rows.sent[b]!)
  const dispatched = order.map((key) => rows.dispatched[key]!)
  // a request that went after one that came later was overtaken
  let overtaken = 0
  let earliestLater = Number.POSITIVE_INFINITY
  for (const at of dispatched.reverse()) {
    if (at > earliestLater) overtaken++
    earliestLater = Math.min(earliestLater, at)
  }
  expect(dispatched.length).toBeGreaterThan(100)
  if (name === 'fifo') expect(overtaken).toBe(0)
  else expect(overtaken).toBeGreaterThan(10)
})

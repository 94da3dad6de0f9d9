import { expect, test } from 'vitest'
import type { queueDisciplines } from '../sim/serving/index.ts'
import { replaysIn } from './live-replay.ts'
import { TINY, temporaryFolder } from './spillway.ts'

/**
 * Queue disciplines on a live clock; no test depends on speed. Two classes arrive in bursts larger
 * than a batch, so that requests wait on any machine; the audit checks the order.
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

/** Bursts of about 60 texts of two classes, with batches of four. */
function bursts(name: keyof typeof queueDisciplines): string {
  const of = (label: string, key: string | undefined) => `  - class: ${label}
    arrivals: { process: on-off, on_s: 0.02, off_s: 0.15, rate_rps: 150 }
    input_tokens: { distribution: uniform, min: 3, max: 120 }
${key === undefined ? '' : `    ${key}\n`}`
  const [first, urgent] = second[name] ?? []
  return TINY.replace('duration_s: 3', 'duration_s: 1.5')
    .replace('warmup_s: 0.5', 'warmup_s: 0')
    .replace('{ builtin: mlp, layers: 2, width: 64 }', MODEL)
    .replace(/traffic:[\s\S]*?(?=^\w)/m, `traffic:\n${of('web', first)}${of('other', urgent)}`)
    .replace(/batching: \{[^\n]*\}/, `batching: { policy: dynamic, max_batch: 4 }`)
    .replace('model: mlp', `model: mlp\n    queue: { ${queues[name]} }`)
}

test.each(Object.keys(queues) as (keyof typeof queueDisciplines)[])('%s', async (name) => {
  const { rows } = await replayed(name, bursts(name))
  const waited = [...rows.dispatched.keys()].filter(
    (key) => rows.dispatched[key]! > rows.sent[key]! + 0.01,
  )
  expect(waited.length).toBeGreaterThan(10)
})

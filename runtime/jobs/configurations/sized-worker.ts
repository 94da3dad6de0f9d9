import { Worker } from 'bullmq'
import { hasFewValues, MOST_JOB_LETTERS } from './queue.ts'

/** What a job asks for that is larger than any: it fits no schema. */
export const OVERSIZED = 'it is larger than any job'

/** Its fields, as they come from the server. */
const FIELDS = ['name', 'configuration', 'data', JSON.stringify(OVERSIZED), 'opts', '{}'] as const

/**
 * A worker that does not parse what is larger than any job. BullMQ parses all of a job as soon as
 * it is there: `[{},{},…]` of 300 MB would take all memory of one worker after the other, as a job
 * goes to the next worker where one has ended. BullMQ runs its scripts by `execCommand`, which its
 * types do not state.
 */
export class SizedWorker extends Worker<unknown, null> {
  protected override createBackend(): void {
    super.createBackend()
    const { backend } = this
    const run: unknown = Reflect.get(backend, 'execCommand')
    if (typeof run !== 'function') throw new Error('Expected BullMQ to have execCommand')
    const checked = async (...words: readonly unknown[]) =>
      sized(await Reflect.apply(run, backend, words))
    Reflect.set(backend, 'execCommand', checked)
  }
}

/** The reply of a script, which begins with the names and values of a job where it takes one. */
function sized(reply: unknown): unknown {
  if (!Array.isArray(reply) || !Array.isArray(reply[0])) return reply
  const [fields, ...rest] = reply as [readonly unknown[], ...unknown[]]
  const texts = fields.filter((value) => typeof value === 'string')
  const letters = texts.reduce((sum, text) => sum + text.length, 0)
  if (letters <= MOST_JOB_LETTERS && texts.every(hasFewValues)) return reply
  return [FIELDS, ...rest]
}

import { Worker } from 'bullmq'
import { hasFewValues, MOST_JOB_LETTERS } from './queue.ts'

/** What a job asks for that is larger than any: it fits no schema. */
export const OVERSIZED = 'it is larger than any job'

/** Its fields, as they come from the server. */
const FIELDS = ['name', 'configuration', 'data', JSON.stringify(OVERSIZED), 'opts', '{}'] as const

/** The part of BullMQ that runs a script on the server. */
interface Scripts {
  execCommand(...words: readonly unknown[]): Promise<unknown>
}

/**
 * A worker that does not parse what is larger than any job. BullMQ parses all of a job as soon as it
 * is there: `[{},{},…]` of 300 MB would take all memory of one worker after the other, because a job
 * whose worker has ended goes to the next.
 */
export class SizedWorker extends Worker<unknown, null> {
  protected override createBackend(): void {
    super.createBackend()
    const scripts = this.backend as unknown as Scripts
    const run = scripts.execCommand.bind(scripts)
    scripts.execCommand = async (...words) => sized(await run(...words))
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

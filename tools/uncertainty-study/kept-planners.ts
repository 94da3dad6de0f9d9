import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Held } from './planner.ts'

/** Planners that have been simulated, so that a study that was interrupted goes on. */

const share = z.number().min(0).max(1)
const line = z.strictObject({
  key: z.string(),
  minutes: z.number().nonnegative(),
  held: z.strictObject({
    wider: z.array(share),
    draws: z.array(share),
    drawn: z.number().int().positive(),
    promised: share.nullable(),
  }),
})
type Line = z.infer<typeof line>

export class KeptPlanners {
  /** null where none is kept */
  readonly #path: string | null
  readonly #kept = new Map<string, Line>()
  /** whether the last line was cut off where a study was killed */
  #isCut: boolean

  constructor(folder: string | null) {
    this.#path = folder && join(folder, 'planners.jsonl')
    if (folder !== null) mkdirSync(folder, { recursive: true })
    const text = this.#path && existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : ''
    this.#isCut = text !== '' && !text.endsWith('\n')
    for (const each of text.split('\n')) {
      const read = line.safeParse(parsed(each))
      if (read.success) this.#kept.set(read.data.key, read.data)
    }
  }

  /** What the planner of a key held, which is simulated where it is not kept. */
  async of(key: string, simulated: () => Promise<Held>): Promise<Held> {
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept.held
    const begun = performance.now()
    const held = await simulated()
    if (this.#path === null) return held
    const minutes = (performance.now() - begun) / 60_000
    const text = `${this.#isCut ? '\n' : ''}${JSON.stringify({ key, minutes, held })}\n`
    appendFileSync(this.#path, text)
    this.#isCut = false
    return held
  }

  has(key: string): boolean {
    return this.#kept.has(key)
  }

  /** Minutes that the planners took that were kept when this was opened. */
  get earlierMinutes(): number {
    return [...this.#kept.values()].reduce((total, { minutes }) => total + minutes, 0)
  }
}

/** Null for a line that was cut off. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

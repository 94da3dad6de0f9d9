import { join } from 'node:path'
import * as z from 'zod'
import {
  type SweepRow,
  type TriedConfiguration,
  triedConfiguration,
} from '../../sim/documents/index.ts'
import { JournalLines, textsOf } from './journal-lines.ts'

/**
 * Configurations of a sweep that were tried with uncertain inputs, as JSON lines in its folder, so
 * that a sweep which was interrupted meanwhile goes on. A line counts once it is whole.
 */

export const ANSWERS_FILE = 'answers.jsonl'

const lineSchema = triedConfiguration.extend({
  values: z.array(z.string()),
  /** hash of the scenario of the configuration */
  scenario: z.string(),
})

/** What makes a row that of a configuration. */
type Row = Pick<SweepRow, 'configuration' | 'values' | 'scenario'>

export class SweepAnswers {
  readonly #path: string
  readonly #kept = new Map<string, TriedConfiguration>()
  /** null until there is something to keep */
  #lines: JournalLines | null = null

  private constructor(path: string) {
    this.#path = path
  }

  /** Those that a folder has. Throws `Failure` if their file is no regular one. */
  static async open(directory: string, signal?: AbortSignal): Promise<SweepAnswers> {
    const answers = new SweepAnswers(join(directory, ANSWERS_FILE))
    for await (const text of textsOf(answers.#path, signal)) {
      const line = lineOf(text)
      if (line === null) continue
      const { values, scenario, ...tried } = line
      const { configuration } = tried
      answers.#kept.set(keyOf({ configuration, values, scenario }), tried)
    }
    return answers
  }

  /** A configuration as it was tried; null where it was not. */
  of(row: Row): TriedConfiguration | null {
    return this.#kept.get(keyOf(row)) ?? null
  }

  /** Resolves when it is on the disk. */
  async add({ values, scenario }: Row, tried: TriedConfiguration): Promise<void> {
    this.#lines ??= await JournalLines.open(this.#path)
    await this.#lines.add(JSON.stringify({ ...tried, values, scenario }))
  }

  async close(): Promise<void> {
    await this.#lines?.close()
  }
}

const keyOf = ({ configuration, values, scenario }: Row) =>
  JSON.stringify([configuration, values, scenario])

/** A whole line; null for any other text. */
function lineOf(text: string): z.infer<typeof lineSchema> | null {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { RunFigures } from '../../../sim/experiment/index.ts'
import { type FolderLock, lockFolder } from '../../folders/folder-lock.ts'
import { JournalLines, textsOf } from '../../folders/journal-lines.ts'
import { differencesOf, type Parts } from '../configurations/differences.ts'
import { decode, encode } from '../configurations/queue.ts'
import { keptRunFigures } from '../configurations/queue-answer.ts'

/**
 * What a plan has simulated so far, in its folder. Runs have the hash of the scenario that they are
 * of as their name, so a plan that goes on may have other values to search. It asks for the same
 * again, in the same order, and gets from here what is kept.
 */

export const PLAN_JOURNAL = 'plan-journal.jsonl'

const reference = z.strictObject({ name: z.string(), hash: z.string() })

/** What decides the figures of all configurations, whichever they are. */
const headSchema = z.strictObject({
  kind: z.literal('plan'),
  version: z.string(),
  commit: z.string().nullable(),
  scenario: reference,
  seed: z.number(),
  profile: reference.nullable(),
  survive: z.string().nullable(),
})
type KeptHead = z.infer<typeof headSchema>
export type PlanHead = Omit<KeptHead, 'kind'>

const HEAD_PARTS: Parts<KeptHead> = [
  ['version', ({ version }) => version],
  ['commit', ({ commit }) => commit],
  ['scenario', ({ scenario }) => `${scenario.name} (${scenario.hash})`],
  ['seed', ({ seed }) => seed],
  ['profile', ({ profile }) => profile && `${profile.name} (${profile.hash})`],
  ['--survive', ({ survive }) => survive],
]

const lineSchema = z.discriminatedUnion('kind', [
  /** replications of a configuration from `from` on */
  z.strictObject({
    kind: z.literal('runs'),
    scenario: z.string(),
    from: z.int().min(0),
    runs: z.array(keptRunFigures).min(1),
  }),
  /** figures of the winner */
  z.strictObject({ kind: z.literal('figures'), name: z.string(), value: z.json() }),
])

export interface JournalOptions {
  /** keeps what is simulated, so that the plan can be continued; by default nothing is kept */
  readonly directory?: string | undefined
  /** continues the plan of `directory`, if it holds one */
  readonly resume?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export class PlanJournal {
  readonly #options: JournalOptions
  readonly #runs = new Map<string, readonly RunFigures[]>()
  readonly #figures = new Map<string, unknown>()
  #head: KeptHead | null = null
  #lock: FolderLock | null = null
  /** null until there is something to keep */
  #lines: Promise<JournalLines> | null = null
  #isClosed = false

  constructor(options: JournalOptions = {}) {
    this.#options = options
  }

  /** Whether what is simulated is kept. */
  get keeps(): boolean {
    return this.#options.directory !== undefined
  }

  /** Whether runs are kept that were not asked for yet. */
  get hasRuns(): boolean {
    return this.#runs.size > 0
  }

  /**
   * Reads what is kept of this plan, and returns its number of replications. Throws `Failure` where
   * another process writes to the folder, where it holds a plan and none is continued, and with
   * exit code 6 where that is another one.
   */
  async begin(head: PlanHead): Promise<number> {
    const { directory, resume, signal } = this.#options
    if (directory === undefined) return 0
    this.#head = { kind: 'plan', ...head }
    this.#lock = await lockFolder(directory, 'writes a plan there', { signal })
    const kept = await this.#read(join(directory, PLAN_JOURNAL))
    if (kept === null) return 0
    if (resume !== true) {
      throw new Failure(
        `${directory}: holds an interrupted plan; continue it with --resume, or choose another folder with --out`,
      )
    }
    const differences = differencesOf(HEAD_PARTS, kept, this.#head)
    if (differences.length > 0) {
      throw new Failure(
        [
          ...differences.map((text) => `${directory}: another plan: ${text}`),
          `${directory}: repeat the command that began it with --resume, or choose another folder with --out`,
        ],
        EXIT.notComparable,
      )
    }
    return [...this.#runs.values()].reduce((sum, runs) => sum + runs.length, 0)
  }

  /** Replications `from` to `to` - 1 of the scenario of this hash, once; null where not all are. */
  takeRuns(scenario: string, from: number, to: number): readonly RunFigures[] | null {
    const name = runsName(scenario, from)
    const runs = this.#runs.get(name)
    if (runs?.length !== to - from) return null
    this.#runs.delete(name)
    return runs
  }

  /** Resolves when they are on the disk. */
  async addRuns(scenario: string, from: number, runs: readonly RunFigures[]): Promise<void> {
    if (runs.length > 0) await this.#add({ kind: 'runs', scenario, from, runs })
  }

  /** Figures of this name as they are kept, or else as they are found. */
  async figures<T>(name: string, schema: z.ZodType<T>, find: () => Promise<T>): Promise<T> {
    const kept = schema.safeParse(this.#figures.get(name))
    if (kept.success) return kept.data
    const value = await find()
    await this.#add({ kind: 'figures', name, value })
    return value
  }

  /**
   * Ends the journal after `error`, or where all is simulated. It stays for a plan that goes on,
   * and until the result of a plan that is done is written.
   */
  async end(error?: unknown): Promise<void> {
    this.#isClosed = true
    const lines = await this.#lines?.catch(() => null)
    await lines?.close()
    // traffic that is too short stays too short
    const isShort = error instanceof Failure && error.exitCode === EXIT.undecided
    if (lines != null && isShort) await rm(this.#path, { force: true })
    await this.#lock?.release()
  }

  get #path(): string {
    return join(this.#options.directory!, PLAN_JOURNAL)
  }

  async #add(line: object): Promise<void> {
    if (!this.keeps || this.#head === null || this.#isClosed) return
    this.#lines ??= this.#open(this.#head)
    await (await this.#lines).add(encode(line))
  }

  async #open(head: KeptHead): Promise<JournalLines> {
    const hasHead = await this.#exists()
    const lines = await JournalLines.open(this.#path)
    if (!hasHead) await lines.add(encode(head))
    return lines
  }

  /** Whether the journal of this plan is there. One that was cut in its first line is removed. */
  async #exists(): Promise<boolean> {
    const head = await headOf(this.#path, this.#options.signal)
    if (head === null) await rm(this.#path, { force: true })
    return head !== null
  }

  /** The head of a journal, whose lines are taken; null where there is none. */
  async #read(path: string): Promise<KeptHead | null> {
    const { signal } = this.#options
    const head = await headOf(path, signal)
    if (head === null) return null
    for await (const text of textsOf(path, signal)) {
      const line = lineOf(text)
      if (line === null) continue
      if (line.kind === 'runs') this.#runs.set(runsName(line.scenario, line.from), line.runs)
      else this.#figures.set(line.name, line.value)
    }
    return head
  }
}

const runsName = (scenario: string, from: number) => `${scenario} ${from}`

async function headOf(path: string, signal: AbortSignal | undefined): Promise<KeptHead | null> {
  for await (const text of textsOf(path, signal)) {
    return headSchema.safeParse(decoded(text)).data ?? null
  }
  return null
}

/** A line that is kept; null for any other text, such as the head and a torn line. */
const lineOf = (text: string) => lineSchema.safeParse(decoded(text)).data ?? null

function decoded(text: string): unknown {
  try {
    return decode(text)
  } catch {
    return null
  }
}

import { constants } from 'node:fs'
import { access, lstat, mkdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as z from 'zod'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { dropEndedLock, LOCK } from './folder-lock.ts'
import { removeLeftovers, shortId, stagedName } from './leftovers.ts'
import { makeFolder } from './make-folder.ts'
import { hasEnded, PROCESS_NAME, PROCESS_PATTERN } from './process-name.ts'
import { type FileContent, namesIn, syncFolder, writeSynced } from './synced-files.ts'
import { notWritten } from './system-refusal.ts'
import { writableFolder } from './write-whole.ts'

/**
 * Replaces several files of a folder as one: all of them or none. They are first written to a
 * hidden folder inside it. Renaming that folder to COMMIT commits the change; then its files are
 * moved to their places. If the process is killed between, the next command that reads or writes
 * the folder finishes the moves. If it is killed before, nothing has changed, and the next command
 * removes the staged files as it begins.
 */

const COMMIT = '.spillway-commit'

/** Time for another process to move its files before they are moved for it, ms. */
const PATIENCE_MS = 10_000

/** A file of the folder or of a folder in it; the record may be forged. */
const name = z.string().regex(/^(?:[^./\\\0][^/\\\0]*\/)?[^./\\\0][^/\\\0]*$/)

const recordSchema = z.strictObject({
  process: z.string().regex(new RegExp(`^${PROCESS_PATTERN}$`)),
  moves: z.array(z.strictObject({ from: z.string().regex(/^[0-9a-f]{8}-\d+$/), to: name })),
  removals: z.array(name),
})

const LARGEST_RECORD_BYTES = 2 ** 20

type Record = z.infer<typeof recordSchema>

export interface ReplaceOptions {
  /** name of the leftovers if this process is killed */
  readonly process?: string
  /** awaited before each step on the disk; tests stop there */
  readonly step?: () => Promise<void>
}

const NO_STEP = async () => {}

/** Files to be replaced together. Names are relative to `directory`. */
export class FolderChange {
  /** the folder as it is now */
  readonly directory: string
  readonly #within: string
  readonly #staged: Staged

  constructor(staged: Staged, directory: string, within = '') {
    this.#staged = staged
    this.directory = directory
    this.#within = within
  }

  /** A folder inside this one; it is created if missing, and removed if it ends up empty. */
  below(folder: string): FolderChange {
    const within = `${this.#within}${folder}/`
    return new FolderChange(this.#staged, join(this.directory, folder), within)
  }

  async write(file: string, content: FileContent): Promise<void> {
    await this.#staged.write(`${this.#within}${file}`, content)
  }

  /** Removes a file, if it exists and is not written as well. */
  remove(file: string): void {
    this.#staged.removals.add(`${this.#within}${file}`)
  }

  /** Names of the files that exist now; none if the folder is missing. */
  async names(): Promise<string[]> {
    return namesIn(this.directory)
  }
}

/** The hidden folder of a change. */
class Staged {
  readonly removals = new Set<string>()
  readonly #directory: string
  readonly #process: string
  readonly #step: () => Promise<void>
  readonly #id = shortId()
  /** staged files by their final names */
  readonly #moves = new Map<string, string>()

  constructor(directory: string, options: ReplaceOptions) {
    this.#directory = directory
    this.#process = options.process ?? PROCESS_NAME
    this.#step = options.step ?? NO_STEP
  }

  get #path(): string {
    return join(this.#directory, stagedName(this.#process, this.#id))
  }

  async open(): Promise<void> {
    await this.#step()
    await mkdir(this.#path)
  }

  async write(to: string, content: FileContent): Promise<void> {
    // if a file is written twice, the last content counts
    const from = this.#moves.get(to) ?? `${this.#id}-${this.#moves.size}`
    this.#moves.set(name.parse(to), from)
    await this.#step()
    try {
      await writeSynced(join(this.#path, from), content)
    } catch (error) {
      throw notWritten(join(this.#directory, to), error)
    }
  }

  async commit(): Promise<void> {
    const moves = [...this.#moves].map(([to, from]) => ({ from, to }))
    const removals = [...this.removals].filter((file) => !this.#moves.has(file))
    const record: Record = { process: this.#process, moves, removals }
    await expectPlaces(this.#directory, record)
    await this.#step()
    await writeSynced(join(this.#path, `${this.#id}.json`), JSON.stringify(record))
    await syncFolder(this.#path)
    for (;;) {
      await this.#step()
      try {
        await rename(this.#path, join(this.#directory, COMMIT))
        break
      } catch (error) {
        // another change is in progress: a folder that is not empty cannot be replaced
        const { code } = error as NodeJS.ErrnoException
        if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
        await finishCommit(this.#directory, this.#step)
      }
    }
    await syncFolder(this.#directory)
    await finish(this.#directory, `${this.#id}.json`, record, this.#step)
  }

  async discard(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true }).catch(() => {})
  }
}

/** Applies all writes and removals of `stage`, or none if it throws. Throws `Failure`. */
export async function replaceFiles(
  directory: string,
  stage: (change: FolderChange) => Promise<void>,
  options: ReplaceOptions = {},
): Promise<void> {
  await writableFolder(directory)
  await settleFolder(directory, options)
  const staged = new Staged(directory, options)
  try {
    await staged.open()
    await stage(new FolderChange(staged, directory))
    await staged.commit()
  } catch (error) {
    await staged.discard()
    throw notWritten(directory, error)
  }
}

/** Call before a folder is read. Finishes a committed change, and removes leftovers. */
export async function settleFolder(directory: string, options: ReplaceOptions = {}): Promise<void> {
  const names = await namesIn(directory)
  await removeLeftovers(directory)
  if (names.includes(LOCK)) await dropEndedLock(directory)
  if (!names.includes(COMMIT)) return
  try {
    await finishCommit(directory, options.step ?? NO_STEP)
  } catch (error) {
    throw notWritten(directory, error)
  }
}

/** Finishes a committed change; if its process is still alive, waits for it first. */
async function finishCommit(directory: string, step: () => Promise<void>): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 20) {
    const committed = await readRecord(directory)
    if (committed === null) return
    if (hasEnded(committed.record.process) || waitedMs >= PATIENCE_MS) {
      await finish(directory, committed.file, committed.record, step)
      return
    }
    await setTimeout(20)
  }
}

/** The record of a committed and unfinished change; null if there is none. */
async function readRecord(directory: string): Promise<{ file: string; record: Record } | null> {
  const path = join(directory, COMMIT)
  const stat = await lstat(path).catch(() => null)
  if (stat === null) return null
  const foreign = new Failure(
    `${path}: is not a change that spillway began; remove it`,
    EXIT.invalidInput,
  )
  if (!stat.isDirectory()) throw foreign
  const names = await namesIn(path)
  const file = names.find((entry) => /^[0-9a-f]{8}\.json$/.test(entry))
  if (file === undefined) {
    // the record is removed last, so this folder is not ours
    if (names.length > 0) throw foreign
    await rmdir(path).catch(() => {})
    return null
  }
  const stats = await lstat(join(path, file)).catch(() => null)
  // another process has just finished it
  if (stats === null) return null
  if (!stats.isFile() || stats.size > LARGEST_RECORD_BYTES) throw foreign
  try {
    const text = await readFile(join(path, file), 'utf8')
    const record = recordSchema.parse(JSON.parse(text))
    await expectPlaces(directory, record)
    return { file, record }
  } catch (error) {
    // another process has just finished it
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error instanceof Failure ? error : foreign
  }
}

/** Moves files to their places. It can be repeated, and run by two processes at a time. */
async function finish(
  directory: string,
  recordFile: string,
  { moves, removals }: Record,
  step: () => Promise<void>,
): Promise<void> {
  const commit = join(directory, COMMIT)
  for (const file of removals) {
    await step()
    // if another process has finished this change, the file may belong to a later one
    if ((await lstat(join(commit, recordFile)).catch(() => null)) === null) return
    await rm(join(directory, file), { force: true })
  }
  for (const { from, to } of moves) {
    const folder = dirname(to)
    await step()
    if (folder !== '.') await makeFolder(join(directory, folder))
    await rename(join(commit, from), join(directory, to)).catch(unlessMissing)
  }
  const kept = new Set(moves.map(({ to }) => dirname(to)))
  for (const folder of new Set(removals.map((file) => dirname(file)))) {
    if (folder === '.' || kept.has(folder)) continue
    await step()
    // a folder with other files stays
    await rmdir(join(directory, folder)).catch(() => {})
  }
  for (const folder of new Set(['.', ...kept])) await syncFolder(join(directory, folder))
  await step()
  await rm(join(commit, recordFile), { force: true })
  await step()
  await rmdir(commit).catch(() => {})
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/**
 * Throws `Failure` if a file cannot be moved to its place. This is checked first, since a change
 * cannot stop halfway. A link instead of a folder would lead out of this one.
 */
async function expectPlaces(directory: string, { moves, removals }: Record): Promise<void> {
  const here = await lstat(`${directory}/.`)
  for (const to of [...moves.map((move) => move.to), ...removals]) {
    const path = join(directory, to)
    const parent = dirname(to)
    if (parent !== '.') {
      const at = join(directory, parent)
      const stat = await lstat(at).catch(() => null)
      if (stat === null) continue
      if (!stat.isDirectory() || stat.dev !== here.dev) {
        throw new Failure(`${path}: cannot be written: ${at} is not a folder of ${directory}`)
      }
      await access(at, constants.W_OK).catch((error) => {
        throw notWritten(path, error)
      })
    }
    if ((await lstat(path).catch(() => null))?.isDirectory() === true) {
      throw notWritten(path, Object.assign(new Error(), { code: 'EISDIR' }))
    }
  }
}

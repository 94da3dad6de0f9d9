import { lstat, mkdir, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../scenarios/light.ts'
import { throwIfAborted } from '../process/interruption.ts'
import { shortId, stagedName } from './leftovers.ts'
import { makeFolder } from './make-folder.ts'
import { hasEnded, isOfThisHost, PROCESS_NAME, PROCESS_PATTERN } from './process-name.ts'
import { namesIn } from './synced-files.ts'
import { notWritten } from './system-refusal.ts'

/**
 * Lets one process at a time write the rows of a folder. The lock is a hidden folder with one file,
 * whose name is that of its holder. A folder is renamed to it whole, which the system refuses while
 * another one with a file is there; so of two processes one gets it. Only the file of a holder that
 * has ended is removed by others, and its name is never used again.
 */

export const LOCK = '.spillway-lock'
const HELD = new RegExp(`^(${PROCESS_PATTERN})-[0-9a-f]{8}$`)

/** Time between two signs of life of a holder, ms. */
const SIGN_MS = 2000
/** A process of another machine without a sign for so many of these times has ended. */
const MISSED_SIGNS = 5

export interface LockOptions {
  /** name of the holder; tests take that of an ended process */
  readonly process?: string
  readonly signMs?: number
  readonly signal?: AbortSignal | undefined
}

export interface FolderLock {
  release(): Promise<void>
}

/**
 * Locks a folder, which is created if it is missing. Throws `Failure` where another process that
 * is alive has locked it. `use`: what the holder does, for the message.
 */
export async function lockFolder(
  directory: string,
  use: string,
  { process = PROCESS_NAME, signMs = SIGN_MS, signal }: LockOptions = {},
): Promise<FolderLock> {
  const lock = join(directory, LOCK)
  const id = shortId()
  // as leftovers of a change are named: they are removed with them
  const staged = join(directory, stagedName(process, id))
  const held = `${process}-${id}`
  try {
    await makeFolder(directory)
    await mkdir(staged)
    await writeFile(join(staged, held), '')
    while (!(await renamed(staged, lock))) {
      const holder = await holderOf(directory, { signMs, signal })
      if (holder !== null) throw inUse(directory, use, holder)
    }
  } catch (error) {
    await rm(staged, { recursive: true, force: true }).catch(() => {})
    throw notWritten(directory, error)
  }
  const sign = setInterval(() => {
    const now = new Date()
    utimes(join(lock, held), now, now).catch(() => {})
  }, signMs)
  sign.unref()
  return {
    release: async () => {
      clearInterval(sign)
      await rm(join(lock, held), { force: true }).catch(() => {})
      // another process may have locked the folder since
      await rmdir(lock).catch(() => {})
    },
  }
}

/** Removes the lock of a process of this machine that has ended. */
export async function dropEndedLock(directory: string): Promise<void> {
  const lock = join(directory, LOCK)
  for (const name of await namesOf(lock)) {
    const process = HELD.exec(name)?.[1]
    if (process === undefined || !hasEnded(process)) continue
    await rm(join(lock, name), { force: true }).catch(() => {})
  }
  // fails where there is none, or one with a holder
  await rmdir(lock).catch(() => {})
}

/** Names in the folder of a lock; none in a link, which would lead to another folder. */
async function namesOf(lock: string): Promise<string[]> {
  const stats = await lstat(lock).catch(() => null)
  return stats?.isDirectory() === true ? namesIn(lock) : []
}

/** Whether the folder is now `to`; false where one with files has this name. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}

type Signs = Required<Pick<LockOptions, 'signMs'>> & Pick<LockOptions, 'signal'>

/** The process that holds the lock; null, and no lock is left, where that has ended. */
async function holderOf(directory: string, signs: Signs): Promise<string | null> {
  await dropEndedLock(directory)
  const lock = join(directory, LOCK)
  for (const name of await namesOf(lock)) {
    const process = HELD.exec(name)?.[1]
    if (process === undefined) throw foreign(lock)
    // of another machine it can only be seen whether the process goes on with its signs
    if (isOfThisHost(process) || (await givesSigns(join(lock, name), signs))) return process
    await rm(join(lock, name), { force: true })
  }
  return null
}

/** Whether a file is touched within the time of several signs. Clocks of machines may differ. */
async function givesSigns(file: string, { signMs, signal }: Signs): Promise<boolean> {
  const first = await touchedAt(file)
  for (let missed = 0; missed < MISSED_SIGNS; missed++) {
    await wait(signMs)
    throwIfAborted(signal)
    const last = await touchedAt(file)
    // it was given back
    if (last === null) return false
    if (last !== first) return true
  }
  return false
}

const touchedAt = (file: string): Promise<number | null> =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  )

function inUse(directory: string, use: string, holder: string): Failure {
  const [, pid] = holder.split('-')
  const where = isOfThisHost(holder) ? '' : ' of another machine'
  const advice = 'wait until it has ended, or choose another folder with --out'
  return new Failure(`${directory}: process ${pid}${where} ${use}; ${advice}`)
}

const foreign = (lock: string) =>
  new Failure(`${lock}: is not a lock that spillway made; remove it`)

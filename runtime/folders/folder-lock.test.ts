import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { EXIT } from '../../scenarios/index.ts'
import { temporaryFolder } from '../../test/spillway.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { PROCESS_NAME } from './process-name.ts'
import { settleFolder } from './replace-files.ts'

const folder = temporaryFolder()
let folders = 0
const next = () => join(folder, String(++folders))

/** A name on this host with a process id beyond the possible ones. */
const ENDED = PROCESS_NAME.replace(/-\d+-\d+$/, '-4194305-7')
const ELSEWHERE = PROCESS_NAME.replace(/^\w+/, 'ffffffff')
const USE = 'writes a sweep there'

const kept: FolderLock[] = []
afterEach(async () => {
  for (const lock of kept.splice(0)) await lock.release()
})

async function locked(directory: string, options: Parameters<typeof lockFolder>[2] = {}) {
  const lock = await lockFolder(directory, USE, options)
  kept.push(lock)
  return lock
}

/** A lock as another process leaves it. */
function foreignLock(directory: string, process: string): string {
  const lock = join(directory, '.spillway-lock')
  mkdirSync(lock, { recursive: true })
  const held = join(lock, `${process}-00000000`)
  writeFileSync(held, '')
  return held
}

test('of many that lock a folder at once one gets it, and the next after it', async () => {
  const directory = next()
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => locked(directory)))
  const refusals = all.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
  expect(refusals).toHaveLength(19)
  expect(new Set(refusals)).toEqual(
    new Set([
      `Failure: ${directory}: process ${process.pid} writes a sweep there; wait until it has ended, or choose another folder with --out`,
    ]),
  )
  await kept[0]!.release()
  expect(readdirSync(directory)).toEqual([])
  await locked(directory)
  // the first holder has no lock to give back any more
  await kept[0]!.release()
  await expect(locked(directory)).rejects.toThrow(`process ${process.pid} `)
})

test('the lock of a process that has ended is taken over by one of those that want it', async () => {
  const directory = next()
  foreignLock(directory, ENDED)
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => locked(directory)))
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('the lock of a process that has ended is removed before the folder is read, no other', async () => {
  const directory = next()
  foreignLock(directory, ENDED)
  await settleFolder(directory)
  expect(readdirSync(directory)).toEqual([])
  await locked(directory)
  await settleFolder(directory)
  await expect(locked(directory)).rejects.toThrow(USE)
})

test('the lock of another machine holds as long as its process gives signs', async () => {
  const directory = next()
  const held = foreignLock(directory, ELSEWHERE)
  let seconds = 1
  const signs = setInterval(() => utimesSync(held, seconds, seconds++), 1)
  await expect(locked(directory, { signMs: 20 })).rejects.toThrow(
    `process ${process.pid} of another machine writes a sweep there`,
  )
  clearInterval(signs)
  await locked(directory, { signMs: 20 })
  expect(readdirSync(join(directory, '.spillway-lock'))).toEqual([
    expect.stringMatching(new RegExp(`^${PROCESS_NAME}-`)),
  ])
})

test('a wait for signs ends once the signal is set', async () => {
  const directory = next()
  foreignLock(directory, ELSEWHERE)
  const options = { signMs: 1, signal: AbortSignal.abort() }
  await expect(locked(directory, options)).rejects.toMatchObject({ exitCode: EXIT.interrupted })
  expect(readdirSync(directory)).toEqual(['.spillway-lock'])
})

test('what is no lock is refused, and a link is not followed', async () => {
  const directory = next()
  const lock = join(directory, '.spillway-lock')
  mkdirSync(lock, { recursive: true })
  writeFileSync(join(lock, 'mine'), '')
  await expect(locked(directory)).rejects.toThrow(`${lock}: is not a lock that spillway made`)
  expect(readdirSync(lock)).toEqual(['mine'])
  const elsewhere = next()
  const there = next()
  foreignLock(elsewhere, ENDED)
  mkdirSync(there)
  symlinkSync(join(elsewhere, '.spillway-lock'), join(there, '.spillway-lock'))
  await expect(locked(there)).rejects.toThrow(`${there}: cannot be written`)
  await settleFolder(there)
  expect(readdirSync(join(elsewhere, '.spillway-lock'))).toHaveLength(1)
})

import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { SweepManifest } from '../../../sim/documents/index.ts'
import { type FolderLock, lockFolder } from '../../folders/folder-lock.ts'
import { readManifest } from '../../folders/sweep-folder.ts'
import { JOURNAL_FILE, JournalRows } from '../../folders/sweep-journal.ts'
import { writableFolder } from '../../folders/write-whole.ts'
import type { JobOptions } from '../options.ts'
import { rangesText } from './missing-rows.ts'
import { refusedRows, resultOf, type SweepResult } from './sweep.ts'
import { isRowOf, planDifferences, shardSize, shardText, sizeOf } from './sweep-plan.ts'

/** A folder of a shard, with its plan. */
interface ShardFolder {
  readonly directory: string
  readonly manifest: SweepManifest
}

/** A sweep from its shards. */
export interface Merged extends SweepResult {
  /** the plan of the whole */
  readonly manifest: SweepManifest
  /** of all shards, in the order of the plan */
  readonly lines: () => AsyncIterable<string>
}

export interface MergeOptions extends JobOptions {
  /** where the whole will be written: until it is closed, no other process writes a sweep there */
  readonly directory?: string | undefined
}

/**
 * Joins the shards of a sweep. Throws `Failure`, naming the folder, where they are not all shards
 * of one plan, each once and complete.
 */
export async function mergeShards(
  directories: readonly string[],
  { directory: out, signal, onProgress }: MergeOptions = {},
): Promise<Merged> {
  if (out !== undefined) await expectOther(out, directories)
  const folders: ShardFolder[] = []
  for (const directory of directories) {
    const manifest = await readManifest(directory)
    if (manifest === null) {
      throw new Failure(`${directory}: holds no sweep; name folders of spillway sweep --shard`)
    }
    if (manifest.shard === null) {
      throw new Failure(`${directory}: holds a whole sweep, no shard; it needs no merge`)
    }
    folders.push({ directory, manifest })
  }
  expectOnePlan(folders)
  expectPartition(folders)
  const undo = await writableFolder(out)
  const manifest = { ...folders[0]!.manifest, shard: null }
  const lock = out === undefined ? null : await lockOut(out, manifest, signal).catch(undo)
  const rows = new JournalRows(sizeOf(manifest), signal)
  const close = async () => {
    await rows.close()
    await lock?.release()
  }
  try {
    for (const [i, folder] of folders.entries()) {
      onProgress?.('reading shards', i, folders.length)
      await readShard(folder, rows)
    }
    const result = await resultOf(manifest, () => rows.inOrder())
    return { ...result, manifest, lines: () => rows.lines(), close }
  } catch (error) {
    await close()
    return undo(error)
  }
}

/** Throws `Failure` where the folder of the whole is that of a shard, by whatever name. */
async function expectOther(out: string, directories: readonly string[]): Promise<void> {
  const real = (path: string) => realpath(path).catch(() => resolve(path))
  const shards = await Promise.all(directories.map(real))
  if (!shards.includes(await real(out))) return
  throw new Failure(`--out ${out}: is the folder of a shard; choose another`, EXIT.usage)
}

/**
 * Locks the folder of the whole. Throws `Failure` where it holds a shard or another sweep, which
 * would be lost.
 */
async function lockOut(
  out: string,
  whole: SweepManifest,
  signal: AbortSignal | undefined,
): Promise<FolderLock> {
  const lock = await lockFolder(out, 'writes a sweep there', { signal })
  try {
    const kept = await readManifest(out)
    if (kept === null) return lock
    const [difference] = planDifferences(kept, whole)
    if (kept.shard === null && difference === undefined) return lock
    const shard = kept.shard === null ? '' : `shard ${shardText(kept.shard)} of `
    const reason = kept.shard === null ? ` (${difference})` : ''
    const text = `holds ${shard}another sweep${reason}`
    throw new Failure(`--out ${out}: ${text}; choose another folder`, EXIT.usage)
  } catch (error) {
    await lock.release()
    throw error
  }
}

function expectOnePlan([first, ...others]: readonly ShardFolder[]): void {
  const problems = others.flatMap(({ directory, manifest }) => {
    const of = [first!.manifest, manifest].map(({ shard }) => shard!.of)
    const count = of[0] === of[1] ? [] : [`shards: ${of[0]} there, ${of[1]} here`]
    const differences = [...planDifferences(first!.manifest, manifest), ...count]
    return differences.map(
      (text) => `${directory}: another sweep than ${first!.directory}: ${text}`,
    )
  })
  if (problems.length > 0) throw new Failure(problems, EXIT.notComparable)
}

function expectPartition(folders: readonly ShardFolder[]): void {
  const { of } = folders[0]!.manifest.shard!
  const problems: string[] = []
  const missing: number[] = []
  for (let index = 1; index <= of; index++) {
    const copies = folders.filter(({ manifest }) => manifest.shard!.index === index)
    const names = copies.map(({ directory }) => directory).join(', ')
    const times = `is there ${copies.length} times: ${names}`
    if (copies.length > 1) problems.push(`shard ${shardText({ index, of })} ${times}`)
    if (copies.length === 0) missing.push(index)
  }
  const [first] = missing
  if (missing.length === 1) {
    problems.push(`shard ${shardText({ index: first!, of })} is missing; name its folder, too`)
  } else if (missing.length > 1) {
    problems.push(`shards ${rangesText(missing)} of ${of} are missing; name their folders, too`)
  }
  if (problems.length > 0) throw new Failure(problems)
}

async function readShard({ directory, manifest }: ShardFolder, rows: JournalRows): Promise<void> {
  const [before, refusedBefore] = [rows.count, rows.refused]
  const path = join(directory, JOURNAL_FILE)
  await rows.read(path, isRowOf(manifest))
  const missing = shardSize(manifest) - (rows.count - before)
  if (missing === 0) return
  const again = `--shard ${shardText(manifest.shard!)} --resume --out ${directory}`
  const counted = `${missing} of ${shardSize(manifest)} configurations`
  const refused = rows.refused - refusedBefore
  throw new Failure([
    ...(refused > 0 ? [refusedRows(path, refused)] : []),
    `${directory}: ${counted} ${missing === 1 ? 'is' : 'are'} missing; continue it: spillway sweep ${manifest.scenario.file} … ${again}`,
  ])
}

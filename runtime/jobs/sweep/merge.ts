import { join, resolve } from 'node:path'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { SweepManifest } from '../../../sim/documents/index.ts'
import { readManifest } from '../../folders/sweep-folder.ts'
import { JOURNAL_FILE, JournalRows } from '../../folders/sweep-journal.ts'
import { resultOf, type SweepResult } from './sweep.ts'
import { inShard, planDifferences, shardSize, shardText, sizeOf } from './sweep-plan.ts'

/** A folder of a shard, with its plan. */
interface ShardFolder {
  readonly directory: string
  readonly manifest: SweepManifest
}

/** A sweep from its shards. */
export interface Merged extends Pick<SweepResult, 'document' | 'results'> {
  /** the plan of the whole */
  readonly manifest: SweepManifest
  /** of all shards, to be closed once the results are written */
  readonly rows: JournalRows
}

/**
 * Joins the shards of a sweep, to be written to the folder `out`. Throws `Failure`, naming the
 * folder, where they are not all shards of one plan, each once and complete.
 */
export async function mergeShards(
  directories: readonly string[],
  out: string | undefined,
): Promise<Merged> {
  const itself = directories.find((directory) => out && resolve(directory) === resolve(out))
  if (itself !== undefined) {
    throw new Failure(`--out ${out}: is the folder of a shard; choose another`, EXIT.usage)
  }
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
  const manifest = { ...folders[0]!.manifest, shard: null }
  const rows = new JournalRows(sizeOf(manifest))
  try {
    for (const folder of folders) await readShard(folder, rows)
    return { manifest, rows, ...(await resultOf(manifest, () => rows.inOrder())) }
  } catch (error) {
    await rows.close()
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
  for (let index = 1; index <= of; index++) {
    const found = folders.filter(({ manifest }) => manifest.shard!.index === index)
    const name = `shard ${shardText({ index, of })}`
    const names = found.map(({ directory }) => directory).join(', ')
    if (found.length > 1) problems.push(`${name} is there ${found.length} times: ${names}`)
    if (found.length === 0) problems.push(`${name} is missing; name its folder, too`)
  }
  if (problems.length > 0) throw new Failure(problems)
}

async function readShard({ directory, manifest }: ShardFolder, rows: JournalRows): Promise<void> {
  const before = rows.count
  await rows.read(join(directory, JOURNAL_FILE), ({ configuration }) =>
    inShard(manifest, configuration),
  )
  const missing = shardSize(manifest) - (rows.count - before)
  if (missing === 0) return
  const again = `--shard ${shardText(manifest.shard!)} --resume --out ${directory}`
  const counted = `${missing} of ${shardSize(manifest)} configurations`
  throw new Failure(
    `${directory}: ${counted} ${missing === 1 ? 'is' : 'are'} missing; continue it: spillway sweep ${manifest.scenario.file} … ${again}`,
  )
}

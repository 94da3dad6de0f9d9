import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../sim/kernel/index.ts'
import { commandsIn } from '../../test/command-line.ts'
import { words } from './choose.ts'
import { hostileSql, SECRET, WRITTEN } from './hostile-sql.ts'
import { faultOf } from './outcome.ts'
import { Runner } from './runner.ts'
import { DECLARED } from './stock.ts'

/** Hostile SQL through `spillway query`: it may read one table, and change nothing. */

export interface SqlFinding {
  readonly number: number
  readonly sql: string
  readonly faults: readonly string[]
}

export interface SqlResult {
  readonly findings: readonly SqlFinding[]
  /** statements by the exit code of the command */
  readonly codes: ReadonlyMap<number | null, number>
}

/** Every file below a folder with a hash of its content. */
function contentOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = names.map((entry) => {
    const path = join(entry.parentPath, entry.name)
    const hash = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
    return `${path} ${hash}`
  })
  return files.sort().join('\n')
}

/** Fills a folder: a sweep, a text and a table that are no part of it, and a home. */
async function fill(folder: string): Promise<void> {
  mkdirSync(join(folder, 'home'))
  writeFileSync(join(folder, 'declared.yaml'), DECLARED)
  const sweep = 'sweep declared.yaml --replications 1 --set seed=1..4 --out swept'
  const { code, stderr } = await commandsIn(folder).runProcess(...words(sweep))
  if (code !== 0) throw new Error(`the sweep ended with ${code}: ${stderr}`)
  writeFileSync(join(folder, 'secret.txt'), `${SECRET}\n`)
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const columnData = [{ name: 'secret', type: 'STRING' as const, data: [SECRET] }]
  writeFileSync(join(folder, 'secret.parquet'), new Uint8Array(parquetWriteBuffer({ columnData })))
}

export interface SqlOptions {
  readonly seed: number
  readonly count: number
  /** of a statement, ms */
  readonly limitMs: number
}

/** Runs statements 0 to `count` - 1 of a seed in an empty folder. */
export async function fuzzSql(
  folder: string,
  { seed, count, limitMs }: SqlOptions,
): Promise<SqlResult> {
  await fill(folder)
  const aims = {
    text: join(folder, 'secret.txt'),
    table: join(folder, 'secret.parquet'),
    target: join(folder, `${WRITTEN}.x`),
  }
  const codes = new Map<number | null, number>()
  const findings: SqlFinding[] = []
  const shop = { stock: folder, cache: join(folder, 'cache'), limitMs }
  const runner = new Runner(folder, { ...shop, variables: { HOME: join(folder, 'home') } })
  const before = contentOf(folder)
  try {
    for (let number = 0; number < count; number++) {
      const sql = hostileSql(number, aims, new Random(`sql/${seed}/${number}`))
      const args = ['query', 'swept', sql, '--json']
      const outcome = await runner.runIn(folder, args)
      codes.set(outcome.code, (codes.get(outcome.code) ?? 0) + 1)
      const fault = faultOf(args, outcome)
      const faults = fault === null ? [] : [fault]
      if ((outcome.stdout + outcome.stderr).includes(SECRET)) faults.push('reads another file')
      if (contentOf(folder) !== before) faults.push('changes files')
      if (faults.length > 0) findings.push({ number, sql, faults })
      for (const name of readdirSync(folder)) {
        if (name.startsWith(WRITTEN)) rmSync(join(folder, name), { recursive: true })
      }
    }
  } finally {
    await runner.close()
  }
  return { findings, codes }
}
